#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  PropagateInts(c, [](const Dim& x) { return x; });
  return InferFloats(c);
}

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return std::ceil(x); }});
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumedInputs}, {6}, {13}};

std::vector<Sample> Samples() { return RealSamples(-5, 5); }

}  // namespace

extern const OpDef kCeil = {
    .name = "Ceil",
    .doc = "y = the least integer not below x, elementwise. x, y: float [d...].",
    .arity = {1, 1},
    .onnx = {"", "Ceil", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
