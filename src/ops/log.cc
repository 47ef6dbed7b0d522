#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return std::log(x); }});
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumedInputs}, {6}, {13}};

std::vector<Sample> Samples() { return RealSamples(0, 9); }

}  // namespace

extern const OpDef kLog = {
    .name = "Log",
    .doc = "y = natural logarithm of x, elementwise. x, y: float [d...].",
    .arity = {1, 1},
    .onnx = {"", "Log", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
