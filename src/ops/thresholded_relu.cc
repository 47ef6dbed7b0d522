#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct ThresholdedReluAttrs {
  float alpha = 1;
};
constexpr AttrField kFields[] = {Field<&ThresholdedReluAttrs::alpha>("alpha")};

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<ThresholdedReluAttrs>();
  return EvalReal(c, [&](double x) -> double { return x > a.alpha ? x : 0.0; });
}

constexpr OnnxVersion kVersions[] = {{10}, {22}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}, -3, 3}}}, {"empty", {{DType::kF32, {0, 2}}}}, {"f16", {{DType::kF16, {7}, -3, 3}}}, {"attributes", {{DType::kF32, {11}, -3, 3}}, {{"alpha", 0.75f}}}};
}

}  // namespace

extern const OpDef kThresholdedRelu = {
    .name = "ThresholdedRelu",
    .doc = "y = x > alpha ? x : 0, elementwise. x, y: any float dtype.",
    .attrs = SchemaOf<ThresholdedReluAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "ThresholdedRelu", kVersions},
    .infer = InferSameAsInput,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
