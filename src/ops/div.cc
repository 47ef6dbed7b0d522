#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalBinary(c, {.real = [](double a, double b) { return a / b; },
                        .integer = [](int64_t a, int64_t b) { return b == 0 ? 0 : b == -1 ? static_cast<int64_t>(-static_cast<uint64_t>(a)) : a / b; },
                        .natural = [](uint64_t a, uint64_t b) { return b == 0 ? 0 : a / b; }});
}

// Shapes are not negative: truncation is the floor.
Status Infer(InferCall& c) {
  PropagateInts(c, [](const Dim& a, const Dim& b) { return FloorDiv(a, b); });
  return InferBroadcast(c);
}

constexpr OnnxVersion kVersions[] = {{1, UpgradeLegacyBroadcast}, {6, UpgradeLegacyBroadcast}, {7}, {13}, {14}};

std::vector<Sample> Samples() {
  return {{"same shape", {{DType::kF32, {3, 5}}, {DType::kF32, {3, 5}, 1, 2}}}, {"broadcast", {{DType::kF32, {4, 1, 3}}, {DType::kF32, {5, 1}, 1, 2}}}, {"i32", {{DType::kI32, {7}, -9, 9}, {DType::kI32, {7}, 1, 5}}}};
}

}  // namespace

extern const OpDef kDiv = {
    .name = "Div",
    .doc = "y = a / b; integers truncate toward zero, elementwise with numpy broadcasting.",
    .arity = {2, 2},
    .onnx = {"", "Div", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .commutative = false, .exact_on_integers = false, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
