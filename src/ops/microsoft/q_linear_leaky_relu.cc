#include "ops/microsoft/quantized_values.h"

namespace hasten::ops::microsoft {
namespace {

struct QLinearLeakyReluAttrs {
  float alpha = 0.01f;
};
constexpr AttrField kFields[] = {Field<&QLinearLeakyReluAttrs::alpha>("alpha")};

Status Eval(KernelCall& c) {
  const double alpha = double{c.attrs<QLinearLeakyReluAttrs>().alpha};
  return EvalQuantizedUnary(c, [alpha](double x) { return x < 0 ? alpha * x : x; });
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = QuantizedUnarySamples({{"alpha", 0.3f}});
  for (const Sample& s : QuantizedUnarySamples()) out.push_back(s);
  return out;
}

}  // namespace

extern const OpDef kQLinearLeakyRelu = {
    .name = "com.microsoft.QLinearLeakyRelu",
    .doc =
        "y = saturate(round(LeakyRelu(v) / y_scale) + y_zero), v = (x - x_zero) * x_scale, rounding half to even. x, "
        "y: i8 or u8 "
        "[d...]; scales f32 [], zero points of that dtype [], 0 where absent.",
    .attrs = SchemaOf<QLinearLeakyReluAttrs>(kFields),
    .arity = {2, 5},
    .onnx = {"com.microsoft", "QLinearLeakyRelu", kVersions},
    .infer = InferQuantizedUnary,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
