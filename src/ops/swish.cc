#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct SwishAttrs {
  float alpha = 1;
};
constexpr AttrField kFields[] = {Field<&SwishAttrs::alpha>("alpha")};

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<SwishAttrs>();
  return EvalReal(c, [&](double x) -> double { return x / (1 + std::exp(-a.alpha * x)); });
}

constexpr OnnxVersion kVersions[] = {{24}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}, -3, 3}}}, {"empty", {{DType::kF32, {0, 2}}}}, {"f16", {{DType::kF16, {7}, -3, 3}}}, {"attributes", {{DType::kF32, {11}, -3, 3}}, {{"alpha", 0.75f}}}};
}

}  // namespace

extern const OpDef kSwish = {
    .name = "Swish",
    .doc = "y = x sigmoid(alpha x), elementwise. x, y: any float dtype.",
    .attrs = SchemaOf<SwishAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "Swish", kVersions},
    .infer = InferSameAsInput,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
