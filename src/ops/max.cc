#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Status Infer(InferCall& c) {
  PropagateVariadic(c, [](const Dim& a, const Dim& b) { return Max(a, b); });
  return InferBroadcastNumbers(c);
}

Status Eval(KernelCall& c) {
  return EvalVariadic(c, {.real = [](double a, double b) { return std::isunordered(a, b) ? kNaN : std::max(a, b); },
                          .integer = [](int64_t a, int64_t b) { return std::max(a, b); },
                          .natural = [](uint64_t a, uint64_t b) { return std::max(a, b); }});
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumedInputs}, {6, nullptr, DowngradeVariadic}, {8}, {12}, {13}};

std::vector<Sample> Samples() {
  return {{"one", {{DType::kF32, {3}}}},
          {"three broadcast", {{DType::kF32, {3, 1}}, {DType::kF32, {5}}, {DType::kF32, {}}}},
          {"prime, beyond one tile", {{DType::kF32, {1033}}, {DType::kF32, {1033}}}},
          {"zero-size", {{DType::kF32, {0, 3}}, {DType::kF32, {3}}}},
          {"f16", {{DType::kF16, {7}, -3, 3}, {DType::kF16, {7}, -3, 3}, {DType::kF16, {7}, -3, 3}}},
          {"f64", {{DType::kF64, {2, 3}}, {DType::kF64, {2, 1}}}},
          {"NaN", {{DType::kF32, {3}, 0, 0, {kNaN, 1, 2}}, {DType::kF32, {3}, 0, 0, {1, kNaN, 3}}}},
          {"i8", {{DType::kI8, {7}, -128, 127}, {DType::kI8, {7}, -128, 127}}},
          {"u64 in the upper half", {{DType::kU64, {2}, 0, 0, {0x1p63, 5}}, {DType::kU64, {2}, 0, 0, {3, 7}}}}};
}

}  // namespace

extern const OpDef kMax = {
    .name = "Max",
    .doc =
        "y = the greatest of the inputs, elementwise with numpy broadcasting; NaN if any is. x_i: number [d...]; y: "
        "[broadcast].",
    .arity = {1, kMany},
    .onnx = {"", "Max", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .commutative = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
