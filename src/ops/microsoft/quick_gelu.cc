#include "ops/elementwise.h"

namespace hasten::ops::microsoft {
namespace {

struct QuickGeluAttrs {
  float alpha = 1.702f;
};
constexpr AttrField kFields[] = {Field<&QuickGeluAttrs::alpha>("alpha")};

Status Eval(KernelCall& c) {
  const double alpha = double{c.attrs<QuickGeluAttrs>().alpha};
  return EvalReal(c, [alpha](double x) { return x / (1 + std::exp(-alpha * x)); });
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = RealSamples(-6, 6);
  out.push_back({"alpha", {{DType::kF32, {3, 5}, -6, 6}}, {{"alpha", -0.5f}}});
  return out;
}

}  // namespace

extern const OpDef kQuickGelu = {
    .name = "com.microsoft.QuickGelu",
    .doc = "y = x / (1 + e^(-alpha * x)), elementwise. x, y: float [d...].",
    .attrs = SchemaOf<QuickGeluAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"com.microsoft", "QuickGelu", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
