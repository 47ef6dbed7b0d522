#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct SeluAttrs {
  float alpha = 1.67326319217681884765625f;
  float gamma = 1.05070102214813232421875f;
};
constexpr AttrField kFields[] = {Field<&SeluAttrs::alpha>("alpha"), Field<&SeluAttrs::gamma>("gamma")};

Status DropConsumed(OnnxNode& n) {
  n.Drop("consumed_inputs");
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<SeluAttrs>();
  return EvalReal(c, [&](double x) -> double { return a.gamma * (x <= 0 ? a.alpha * std::expm1(x) : x); });
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumed}, {6}, {22}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}, -3, 3}}}, {"empty", {{DType::kF32, {0, 2}}}}, {"f16", {{DType::kF16, {7}, -3, 3}}}, {"attributes", {{DType::kF32, {11}, -3, 3}}, {{"alpha", 0.75f}, {"gamma", 0.75f}}}};
}

}  // namespace

extern const OpDef kSelu = {
    .name = "Selu",
    .doc = "y = gamma (x <= 0 ? alpha (e^x - 1) : x), elementwise. x, y: any float dtype.",
    .attrs = SchemaOf<SeluAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "Selu", kVersions},
    .infer = InferSameAsInput,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
