#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct LeakyReluAttrs {
  float alpha = 0.01f;
};
constexpr AttrField kFields[] = {Field<&LeakyReluAttrs::alpha>("alpha")};

Status DropConsumed(OnnxNode& n) {
  n.Drop("consumed_inputs");
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<LeakyReluAttrs>();
  return EvalReal(c, [&](double x) -> double { return x < 0 ? a.alpha * x : x; });
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumed}, {6}, {16}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}, -3, 3}}}, {"empty", {{DType::kF32, {0, 2}}}}, {"f16", {{DType::kF16, {7}, -3, 3}}}, {"attributes", {{DType::kF32, {11}, -3, 3}}, {{"alpha", 0.75f}}}};
}

}  // namespace

extern const OpDef kLeakyRelu = {
    .name = "LeakyRelu",
    .doc = "y = x < 0 ? alpha x : x, elementwise. x, y: any float dtype.",
    .attrs = SchemaOf<LeakyReluAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "LeakyRelu", kVersions},
    .infer = InferSameAsInput,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
