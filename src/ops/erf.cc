#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return std::erf(x); },
                       .integer = [](int64_t x) { return static_cast<int64_t>(std::erf(static_cast<double>(x))); }});
}

constexpr OnnxVersion kVersions[] = {{9}, {13}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}, -3, 3}}}, {"empty", {{DType::kF32, {0, 2}}}}, {"f16", {{DType::kF16, {7}, -3, 3}}}};
}

}  // namespace

extern const OpDef kErf = {
    .name = "Erf",
    .doc = "y = 2 / sqrt(pi) * integral from 0 to x of e^(-t^2) dt, elementwise.",
    .arity = {1, 1},
    .onnx = {"", "Erf", kVersions},
    .infer = InferSameAsInput,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
