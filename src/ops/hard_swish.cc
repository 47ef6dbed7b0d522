#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return x * std::max(0.0, std::min(1.0, x / 6 + 0.5)); }});
}

constexpr OnnxVersion kVersions[] = {{14}, {22}};

std::vector<Sample> Samples() { return RealSamples(-5, 5); }

}  // namespace

extern const OpDef kHardSwish = {
    .name = "HardSwish",
    .doc = "y = x * max(0, min(1, x / 6 + 1/2)), elementwise. x, y: float [d...].",
    .arity = {1, 1},
    .onnx = {"", "HardSwish", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
