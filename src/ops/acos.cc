#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return std::acos(x); }});
}

constexpr OnnxVersion kVersions[] = {{7}, {22}};

std::vector<Sample> Samples() { return RealSamples(-1, 1); }

}  // namespace

extern const OpDef kAcos = {
    .name = "Acos",
    .doc = "y = arc cosine of x, in radians, elementwise. x, y: float [d...].",
    .arity = {1, 1},
    .onnx = {"", "Acos", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
