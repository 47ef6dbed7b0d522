#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(
      c, {.real = [](double x) { return x * std::tanh(std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)))); }});
}

constexpr OnnxVersion kVersions[] = {{18}, {22}};

std::vector<Sample> Samples() { return RealSamples(-9, 9); }

}  // namespace

extern const OpDef kMish = {
    .name = "Mish",
    .doc = "y = x * tanh(ln(1 + e^x)), elementwise. x, y: float [d...].",
    .arity = {1, 1},
    .onnx = {"", "Mish", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
