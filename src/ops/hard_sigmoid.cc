#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct HardSigmoidAttrs {
  float alpha = 0.2f;
  float beta = 0.5f;
};
constexpr AttrField kFields[] = {Field<&HardSigmoidAttrs::alpha>("alpha"), Field<&HardSigmoidAttrs::beta>("beta")};

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<HardSigmoidAttrs>();
  const double alpha = double{a.alpha};
  const double beta = double{a.beta};
  return EvalReal(c, [=](double x) { return std::max(std::min(alpha * x + beta, 1.0), 0.0); });
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumedInputs}, {6}, {22}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = RealSamples(-3, 3);
  out.push_back({"alpha", {{DType::kF32, {11}, -3, 3}}, {{"alpha", 0.75f}}});
  out.push_back({"beta", {{DType::kF32, {11}, -3, 3}}, {{"beta", 0.25f}}});
  return out;
}

}  // namespace

extern const OpDef kHardSigmoid = {
    .name = "HardSigmoid",
    .doc = "y = max(min(alpha * x + beta, 1), 0), elementwise. x, y: float [d...].",
    .attrs = SchemaOf<HardSigmoidAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "HardSigmoid", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
