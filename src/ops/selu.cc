#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct SeluAttrs {
  float alpha = 1.67326319217681884765625f;
  float gamma = 1.05070102214813232421875f;
};
constexpr AttrField kFields[] = {Field<&SeluAttrs::alpha>("alpha"), Field<&SeluAttrs::gamma>("gamma")};

// The defaults were less precise in opset 1.
constexpr float kOldAlpha = 1.6732f, kOldGamma = 1.0507f;

Status UpFrom1(OnnxNode& n) {
  n.Set("alpha", n.Float("alpha", kOldAlpha));
  n.Set("gamma", n.Float("gamma", kOldGamma));
  return DropConsumedInputs(n);
}

Status DownTo1(OnnxNode& n) {
  n.Set("alpha", n.Float("alpha", SeluAttrs().alpha));
  n.Set("gamma", n.Float("gamma", SeluAttrs().gamma));
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<SeluAttrs>();
  const double alpha = double{a.alpha};
  const double gamma = double{a.gamma};
  return EvalReal(c, [=](double x) { return gamma * (x > 0 ? x : alpha * std::expm1(x)); });
}

constexpr OnnxVersion kVersions[] = {{1, UpFrom1, DownTo1}, {6}, {22}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = RealSamples(-3, 3);
  out.push_back({"alpha", {{DType::kF32, {11}, -3, 3}}, {{"alpha", 0.75f}}});
  out.push_back({"gamma", {{DType::kF32, {11}, -3, 3}}, {{"gamma", 2.0f}}});
  return out;
}

}  // namespace

extern const OpDef kSelu = {
    .name = "Selu",
    .doc = "y = gamma * x if x > 0, else gamma * alpha * (e^x - 1), elementwise. x, y: float [d...].",
    .attrs = SchemaOf<SeluAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "Selu", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
