#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct SwishAttrs {
  float alpha = 1;
};
constexpr AttrField kFields[] = {Field<&SwishAttrs::alpha>("alpha")};

Status Eval(KernelCall& c) {
  const double alpha = double{c.attrs<SwishAttrs>().alpha};
  return EvalReal(c, [=](double x) { return x / (1 + std::exp(-alpha * x)); });
}

constexpr OnnxVersion kVersions[] = {{24}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = RealSamples(-3, 3);
  out.push_back({"alpha", {{DType::kF32, {11}, -3, 3}}, {{"alpha", 0.75f}}});
  return out;
}

}  // namespace

extern const OpDef kSwish = {
    .name = "Swish",
    .doc = "y = x / (1 + e^(-alpha * x)), elementwise. x, y: float [d...].",
    .attrs = SchemaOf<SwishAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "Swish", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
