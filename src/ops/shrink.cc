#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct ShrinkAttrs {
  float bias = 0;
  float lambd = 0.5f;
};
constexpr AttrField kFields[] = {Field<&ShrinkAttrs::bias>("bias"), Field<&ShrinkAttrs::lambd>("lambd")};

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<ShrinkAttrs>();
  return EvalReal(c, [&](double x) -> double { return x < -a.lambd ? x + a.bias : x > a.lambd ? x - a.bias : 0.0; });
}

constexpr OnnxVersion kVersions[] = {{9}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}, -3, 3}}}, {"empty", {{DType::kF32, {0, 2}}}}, {"f16", {{DType::kF16, {7}, -3, 3}}}, {"attributes", {{DType::kF32, {11}, -3, 3}}, {{"bias", 0.75f}, {"lambd", 0.75f}}}};
}

}  // namespace

extern const OpDef kShrink = {
    .name = "Shrink",
    .doc = "y = x < -lambd ? x + bias : x > lambd ? x - bias : 0, elementwise. x, y: any float dtype.",
    .attrs = SchemaOf<ShrinkAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "Shrink", kVersions},
    .infer = InferSameAsInput,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
