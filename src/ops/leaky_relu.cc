#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct LeakyReluAttrs {
  float alpha = 0.01f;
};
constexpr AttrField kFields[] = {Field<&LeakyReluAttrs::alpha>("alpha")};

Status Eval(KernelCall& c) {
  const double alpha = double{c.attrs<LeakyReluAttrs>().alpha};
  return EvalReal(c, [=](double x) { return x < 0 ? alpha * x : x; });
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumedInputs}, {6}, {16}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = RealSamples(-3, 3);
  out.push_back({"alpha", {{DType::kF32, {11}, -3, 3}}, {{"alpha", 0.75f}}});
  return out;
}

}  // namespace

extern const OpDef kLeakyRelu = {
    .name = "LeakyRelu",
    .doc = "y = x if x >= 0, else alpha * x, elementwise. x, y: float [d...].",
    .attrs = SchemaOf<LeakyReluAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "LeakyRelu", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
