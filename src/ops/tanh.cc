#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status DropConsumed(OnnxNode& n) {
  n.Drop("consumed_inputs");
  return {};
}

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return std::tanh(x); }});
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumed}, {6}, {13}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}, -3, 3}}}, {"empty", {{DType::kF32, {0, 2}}}}, {"f16", {{DType::kF16, {7}, -3, 3}}}};
}

}  // namespace

extern const OpDef kTanh = {
    .name = "Tanh",
    .doc = "y = hyperbolic tangent, elementwise. x, y: any float dtype.",
    .arity = {1, 1},
    .onnx = {"", "Tanh", kVersions},
    .infer = InferSameAsInput,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = false, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
