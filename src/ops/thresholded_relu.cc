#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct ThresholdedReluAttrs {
  float alpha = 1;
};
constexpr AttrField kFields[] = {Field<&ThresholdedReluAttrs::alpha>("alpha")};

Status Eval(KernelCall& c) {
  const double alpha = double{c.attrs<ThresholdedReluAttrs>().alpha};
  return EvalReal(c, [=](double x) { return x > alpha ? x : 0.0; });
}

constexpr OnnxVersion kVersions[] = {{1}, {10}, {22}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = RealSamples(-3, 3);
  out.push_back({"alpha", {{DType::kF32, {11}, -3, 3}}, {{"alpha", -0.5f}}});
  return out;
}

}  // namespace

extern const OpDef kThresholdedRelu = {
    .name = "ThresholdedRelu",
    .doc = "y = x if x > alpha, else 0, elementwise. x, y: float [d...].",
    .attrs = SchemaOf<ThresholdedReluAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "ThresholdedRelu", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
