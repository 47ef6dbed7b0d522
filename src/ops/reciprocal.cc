#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return 1 / x; }});
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumedInputs}, {6}, {13}};

std::vector<Sample> Samples() { return RealSamples(-9, 9); }

}  // namespace

extern const OpDef kReciprocal = {
    .name = "Reciprocal",
    .doc = "y = 1 / x, elementwise. x, y: float [d...].",
    .arity = {1, 1},
    .onnx = {"", "Reciprocal", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
