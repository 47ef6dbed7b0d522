#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }});
}

constexpr OnnxVersion kVersions[] = {{1}, {22}};

std::vector<Sample> Samples() { return RealSamples(-40, 40); }

}  // namespace

extern const OpDef kSoftplus = {
    .name = "Softplus",
    .doc = "y = ln(1 + e^x), elementwise. x, y: float [d...].",
    .arity = {1, 1},
    .onnx = {"", "Softplus", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
