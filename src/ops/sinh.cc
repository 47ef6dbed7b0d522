#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return std::sinh(x); }});
}

constexpr OnnxVersion kVersions[] = {{9}, {22}};

std::vector<Sample> Samples() { return RealSamples(-5, 5); }

}  // namespace

extern const OpDef kSinh = {
    .name = "Sinh",
    .doc = "y = hyperbolic sine of x, elementwise. x, y: float [d...].",
    .arity = {1, 1},
    .onnx = {"", "Sinh", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
