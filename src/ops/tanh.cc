#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return std::tanh(x); }});
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumedInputs}, {6}, {13}};

std::vector<Sample> Samples() { return RealSamples(-5, 5); }

}  // namespace

extern const OpDef kTanh = {
    .name = "Tanh",
    .doc = "y = hyperbolic tangent of x, elementwise. x, y: float [d...].",
    .arity = {1, 1},
    .onnx = {"", "Tanh", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
