#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  PropagateInts(c, [](const Dim& x) { return x; });
  return InferFloats(c);
}

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return std::floor(x); }});
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumedInputs}, {6}, {13}};

std::vector<Sample> Samples() { return RealSamples(-5, 5); }

}  // namespace

extern const OpDef kFloor = {
    .name = "Floor",
    .doc = "y = the greatest integer not above x, elementwise. x, y: float [d...].",
    .arity = {1, 1},
    .onnx = {"", "Floor", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
