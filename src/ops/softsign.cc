#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return x / (1 + std::abs(x)); }});
}

constexpr OnnxVersion kVersions[] = {{1}, {22}};

std::vector<Sample> Samples() { return RealSamples(-9, 9); }

}  // namespace

extern const OpDef kSoftsign = {
    .name = "Softsign",
    .doc = "y = x / (1 + |x|), elementwise. x, y: float [d...].",
    .arity = {1, 1},
    .onnx = {"", "Softsign", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
