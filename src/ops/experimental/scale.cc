#include "ops/elementwise.h"

namespace hasten::ops::experimental {
namespace {

struct ScaleAttrs {
  float scale = 1;
};
constexpr AttrField kFields[] = {Field<&ScaleAttrs::scale>("scale")};

Status Eval(KernelCall& c) {
  const double scale = double{c.attrs<ScaleAttrs>().scale};
  return EvalReal(c, [=](double x) { return scale * x; });
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = RealSamples(-3, 3);
  out.push_back({"scale", {{DType::kF32, {11}, -3, 3}}, {{"scale", 0.75f}}});
  return out;
}

}  // namespace

extern const OpDef kScale = {
    .name = "Scale",
    .doc = "y = scale * x, elementwise. x, y: float [d...]. Experimental in ONNX before 1.5.",
    .attrs = SchemaOf<ScaleAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "Scale", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops::experimental
