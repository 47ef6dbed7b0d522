#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct CeluAttrs {
  float alpha = 1;
};
constexpr AttrField kFields[] = {Field<&CeluAttrs::alpha>("alpha")};

Status Eval(KernelCall& c) {
  const double alpha = double{c.attrs<CeluAttrs>().alpha};
  return EvalReal(c, [=](double x) { return std::max(x, 0.0) + std::min(alpha * std::expm1(x / alpha), 0.0); });
}

constexpr OnnxVersion kVersions[] = {{12}, {28}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = RealSamples(-3, 3);
  out.push_back({"alpha", {{DType::kF32, {11}, -3, 3}}, {{"alpha", 0.75f}}});
  out.push_back({"alpha", {{DType::kF32, {11}, -3, 3}}, {{"alpha", -2.0f}}});
  return out;
}

}  // namespace

extern const OpDef kCelu = {
    .name = "Celu",
    .doc = "y = max(x, 0) + min(alpha * (e^(x / alpha) - 1), 0), elementwise. x, y: float [d...].",
    .attrs = SchemaOf<CeluAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "Celu", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
