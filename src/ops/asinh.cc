#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return std::asinh(x); }});
}

constexpr OnnxVersion kVersions[] = {{9}, {22}};

std::vector<Sample> Samples() { return RealSamples(-9, 9); }

}  // namespace

extern const OpDef kAsinh = {
    .name = "Asinh",
    .doc = "y = inverse hyperbolic sine of x, elementwise. x, y: float [d...].",
    .arity = {1, 1},
    .onnx = {"", "Asinh", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
