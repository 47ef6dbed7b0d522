#include "ops/elementwise.h"

namespace hasten::ops::experimental {
namespace {

struct AffineAttrs {
  float alpha = 1;
  float beta = 0;
};
constexpr AttrField kFields[] = {Field<&AffineAttrs::alpha>("alpha"), Field<&AffineAttrs::beta>("beta")};

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<AffineAttrs>();
  const double alpha = double{a.alpha};
  const double beta = double{a.beta};
  return EvalReal(c, [=](double x) { return alpha * x + beta; });
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = RealSamples(-3, 3);
  out.push_back({"alpha", {{DType::kF32, {11}, -3, 3}}, {{"alpha", 0.75f}}});
  out.push_back({"beta", {{DType::kF32, {11}, -3, 3}}, {{"beta", 0.75f}}});
  return out;
}

}  // namespace

extern const OpDef kAffine = {
    .name = "Affine",
    .doc = "y = alpha * x + beta, elementwise. x, y: float [d...]. Experimental in ONNX before 1.5.",
    .attrs = SchemaOf<AffineAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "Affine", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops::experimental
