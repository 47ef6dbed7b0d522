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
  const double bias = double{a.bias};
  const double lambd = double{a.lambd};
  return EvalReal(c, [=](double x) { return x < -lambd ? x + bias : x > lambd ? x - bias : 0.0; });
}

constexpr OnnxVersion kVersions[] = {{9}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = RealSamples(-3, 3);
  out.push_back({"lambd", {{DType::kF32, {11}, -3, 3}}, {{"lambd", 1.5f}}});
  out.push_back({"bias", {{DType::kF32, {11}, -3, 3}}, {{"bias", 0.25f}}});
  return out;
}

}  // namespace

extern const OpDef kShrink = {
    .name = "Shrink",
    .doc =
        "y = x + bias if x < -lambd, x - bias if x > lambd, else 0; integers are computed as f64 and truncated, "
        "elementwise. x, y: number [d...].",
    .attrs = SchemaOf<ShrinkAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "Shrink", kVersions},
    .infer = InferNumbers,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
