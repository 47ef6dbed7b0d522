#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalReal(c, [](double x) { return std::erf(x); });
}

constexpr OnnxVersion kVersions[] = {{9}, {13}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = RealSamples(-4, 4);
  out.push_back({"i32", {{DType::kI32, {7}, -9, 9}}});
  return out;
}

}  // namespace

extern const OpDef kErf = {
    .name = "Erf",
    .doc =
        "y = erf(x) = 2 / sqrt(pi) * integral of e^(-t^2) over [0, x], elementwise. x, y: number [d...]; integers "
        "truncate.",
    .arity = {1, 1},
    .onnx = {"", "Erf", kVersions},
    .infer = InferNumbers,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
