#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status DropConsumed(OnnxNode& n) {
  n.Drop("consumed_inputs");
  return {};
}

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }});
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumed}, {6}, {13}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}, -6, 6}}}, {"empty", {{DType::kF32, {0, 2}}}}, {"f16", {{DType::kF16, {7}, -6, 6}}}};
}

}  // namespace

extern const OpDef kSigmoid = {
    .name = "Sigmoid",
    .doc = "y = 1 / (1 + e^-x), elementwise. x, y: any float dtype.",
    .arity = {1, 1},
    .onnx = {"", "Sigmoid", kVersions},
    .infer = InferSameAsInput,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = false, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
