#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return std::asin(x); }});
}

constexpr OnnxVersion kVersions[] = {{7}, {22}};

std::vector<Sample> Samples() { return RealSamples(-1, 1); }

}  // namespace

extern const OpDef kAsin = {
    .name = "Asin",
    .doc = "y = arc sine of x, in radians, elementwise. x, y: float [d...].",
    .arity = {1, 1},
    .onnx = {"", "Asin", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
