#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return std::atanh(x); }});
}

constexpr OnnxVersion kVersions[] = {{9}, {22}};

std::vector<Sample> Samples() { return RealSamples(-1, 1); }

}  // namespace

extern const OpDef kAtanh = {
    .name = "Atanh",
    .doc = "y = inverse hyperbolic tangent of x, elementwise. x, y: float [d...].",
    .arity = {1, 1},
    .onnx = {"", "Atanh", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
