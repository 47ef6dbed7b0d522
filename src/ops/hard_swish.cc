#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return x * std::min(1.0, std::max(0.0, x / 6 + 0.5)); }});
}

constexpr OnnxVersion kVersions[] = {{14}, {22}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}, -6, 6}}}, {"empty", {{DType::kF32, {0, 2}}}}, {"f16", {{DType::kF16, {7}, -6, 6}}}};
}

}  // namespace

extern const OpDef kHardSwish = {
    .name = "HardSwish",
    .doc = "y = x max(0, min(1, x / 6 + 1/2)), elementwise. x, y: any float dtype.",
    .arity = {1, 1},
    .onnx = {"", "HardSwish", kVersions},
    .infer = InferSameAsInput,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = false, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
