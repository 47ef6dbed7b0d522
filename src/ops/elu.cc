#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct EluAttrs {
  float alpha = 1;
};
constexpr AttrField kFields[] = {Field<&EluAttrs::alpha>("alpha")};

Status Eval(KernelCall& c) {
  const double alpha = double{c.attrs<EluAttrs>().alpha};
  return EvalReal(c, [=](double x) { return x < 0 ? alpha * std::expm1(x) : x; });
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumedInputs}, {6}, {22}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = RealSamples(-3, 3);
  out.push_back({"alpha", {{DType::kF32, {11}, -3, 3}}, {{"alpha", 0.75f}}});
  return out;
}

}  // namespace

extern const OpDef kElu = {
    .name = "Elu",
    .doc = "y = x if x >= 0, else alpha * (e^x - 1), elementwise. x, y: float [d...].",
    .attrs = SchemaOf<EluAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "Elu", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
