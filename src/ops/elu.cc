#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct EluAttrs {
  float alpha = 1;
};
constexpr AttrField kFields[] = {Field<&EluAttrs::alpha>("alpha")};

Status DropConsumed(OnnxNode& n) {
  n.Drop("consumed_inputs");
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<EluAttrs>();
  return EvalReal(c, [&](double x) -> double { return x < 0 ? a.alpha * std::expm1(x) : x; });
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumed}, {6}, {22}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}, -3, 3}}}, {"empty", {{DType::kF32, {0, 2}}}}, {"f16", {{DType::kF16, {7}, -3, 3}}}, {"attributes", {{DType::kF32, {11}, -3, 3}}, {{"alpha", 0.75f}}}};
}

}  // namespace

extern const OpDef kElu = {
    .name = "Elu",
    .doc = "y = x < 0 ? alpha (e^x - 1) : x, elementwise. x, y: any float dtype.",
    .attrs = SchemaOf<EluAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "Elu", kVersions},
    .infer = InferSameAsInput,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
