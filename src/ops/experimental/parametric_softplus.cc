#include "ops/elementwise.h"

namespace hasten::ops::experimental {
namespace {

struct ParametricSoftplusAttrs {
  float alpha = 1;
  float beta = 1;
};
constexpr AttrField kFields[] = {Field<&ParametricSoftplusAttrs::alpha>("alpha"),
                                 Field<&ParametricSoftplusAttrs::beta>("beta")};

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<ParametricSoftplusAttrs>();
  const double alpha = double{a.alpha};
  const double beta = double{a.beta};
  return EvalReal(
      c, [=](double x) { return alpha * (std::max(beta * x, 0.0) + std::log1p(std::exp(-std::abs(beta * x)))); });
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = RealSamples(-3, 3);
  out.push_back({"alpha", {{DType::kF32, {11}, -3, 3}}, {{"alpha", 0.75f}}});
  out.push_back({"beta", {{DType::kF32, {11}, -3, 3}}, {{"beta", 0.75f}}});
  return out;
}

}  // namespace

extern const OpDef kParametricSoftplus = {
    .name = "ParametricSoftplus",
    .doc = "y = alpha * ln(1 + e^(beta * x)), elementwise. x, y: float [d...]. Experimental in ONNX before 1.5.",
    .attrs = SchemaOf<ParametricSoftplusAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "ParametricSoftplus", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops::experimental
