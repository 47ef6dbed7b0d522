#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct HardSigmoidAttrs {
  float alpha = 0.2f;
  float beta = 0.5f;
};
constexpr AttrField kFields[] = {Field<&HardSigmoidAttrs::alpha>("alpha"), Field<&HardSigmoidAttrs::beta>("beta")};

Status DropConsumed(OnnxNode& n) {
  n.Drop("consumed_inputs");
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<HardSigmoidAttrs>();
  return EvalReal(c, [&](double x) -> double { return std::max(0.0, std::min(1.0, double{a.alpha} * x + a.beta)); });
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumed}, {6}, {22}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}, -3, 3}}}, {"empty", {{DType::kF32, {0, 2}}}}, {"f16", {{DType::kF16, {7}, -3, 3}}}, {"attributes", {{DType::kF32, {11}, -3, 3}}, {{"alpha", 0.75f}, {"beta", 0.75f}}}};
}

}  // namespace

extern const OpDef kHardSigmoid = {
    .name = "HardSigmoid",
    .doc = "y = max(0, min(1, alpha x + beta)), elementwise. x, y: any float dtype.",
    .attrs = SchemaOf<HardSigmoidAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "HardSigmoid", kVersions},
    .infer = InferSameAsInput,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
