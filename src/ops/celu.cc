#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct CeluAttrs {
  float alpha = 1;
};
constexpr AttrField kFields[] = {Field<&CeluAttrs::alpha>("alpha")};

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<CeluAttrs>();
  return EvalReal(c, [&](double x) -> double { return std::max(0.0, x) + std::min(0.0, a.alpha * std::expm1(x / a.alpha)); });
}

constexpr OnnxVersion kVersions[] = {{12}, {28}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}, -3, 3}}}, {"empty", {{DType::kF32, {0, 2}}}}, {"f16", {{DType::kF16, {7}, -3, 3}}}, {"attributes", {{DType::kF32, {11}, -3, 3}}, {{"alpha", 0.75f}}}};
}

}  // namespace

extern const OpDef kCelu = {
    .name = "Celu",
    .doc = "y = max(0, x) + min(0, alpha (e^(x / alpha) - 1)), elementwise. x, y: any float dtype.",
    .attrs = SchemaOf<CeluAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "Celu", kVersions},
    .infer = InferSameAsInput,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
