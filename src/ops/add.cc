#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalBinary(c, {.real = [](double a, double b) { return a + b; },
                        .integer = [](int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); }});
}

Status Infer(InferCall& c) {
  PropagateInts(c, [](const Dim& a, const Dim& b) { return a + b; });
  return InferBroadcast(c);
}

constexpr OnnxVersion kVersions[] = {{1, UpgradeLegacyBroadcast}, {6, UpgradeLegacyBroadcast}, {7}, {13}, {14}};

std::vector<Sample> Samples() {
  return {{"same shape", {{DType::kF32, {3, 5}}, {DType::kF32, {3, 5}}}},
          {"both sides broadcast", {{DType::kF32, {4, 1, 3}}, {DType::kF32, {5, 1}}}},
          {"zero-size", {{DType::kF32, {0, 3}}, {DType::kF32, {1, 3}}}},
          {"i8 wraps", {{DType::kI8, {7}, -128, 127}, {DType::kI8, {7}, -128, 127}}}};
}

}  // namespace

extern const OpDef kAdd = {
    .name = "Add",
    .doc = "y = a + b, elementwise with numpy broadcasting. Integers wrap.",
    .arity = {2, 2},
    .onnx = {"", "Add", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .commutative = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
