#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return std::sin(x); }});
}

constexpr OnnxVersion kVersions[] = {{7}, {22}};

std::vector<Sample> Samples() { return RealSamples(-9, 9); }

}  // namespace

extern const OpDef kSin = {
    .name = "Sin",
    .doc = "y = sine of x, in radians, elementwise. x, y: float [d...].",
    .arity = {1, 1},
    .onnx = {"", "Sin", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
