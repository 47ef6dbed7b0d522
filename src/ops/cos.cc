#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return std::cos(x); }});
}

constexpr OnnxVersion kVersions[] = {{7}, {22}};

std::vector<Sample> Samples() { return RealSamples(-9, 9); }

}  // namespace

extern const OpDef kCos = {
    .name = "Cos",
    .doc = "y = cosine of x, in radians, elementwise. x, y: float [d...].",
    .arity = {1, 1},
    .onnx = {"", "Cos", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
