#include "ops/microsoft/quantized_values.h"
#include "ops/softmax.h"

namespace hasten::ops::microsoft {
namespace {

struct QLinearSoftmaxAttrs {
  int64_t axis = -1, opset = 0;
};
constexpr AttrField kFields[] = {Field<&QLinearSoftmaxAttrs::axis>("axis"),
                                 Field<&QLinearSoftmaxAttrs::opset>("opset")};

Status Infer(InferCall& c) {
  HASTEN_TRY(InferQuantizedUnary(c));
  if (c.shape(0).ranked()) HASTEN_TRY(NormalizeAxis(c.attrs<QLinearSoftmaxAttrs>().axis, c.shape(0).rank()).status());
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<QLinearSoftmaxAttrs>();
  const SoftmaxRows rows = RowsOf(c.input(0).dims, {a.axis, a.opset < 13});
  HASTEN_ASSIGN(const auto x, Dequantize(c, 0, QuantizationOf(c, 1, 2)));
  for (int64_t o = 0; o < rows.outer; ++o)
    for (int64_t j = 0; j < rows.inner && rows.size > 0; ++j) {
      double* row = x.data() + o * rows.size * rows.inner + j;
      double top = row[0], sum = 0;
      for (int64_t i = 0; i < rows.size; ++i) top = std::max(top, row[i * rows.inner]);
      for (int64_t i = 0; i < rows.size; ++i) sum += std::exp(row[i * rows.inner] - top);
      for (int64_t i = 0; i < rows.size; ++i) row[i * rows.inner] = std::exp(row[i * rows.inner] - top) / sum;
    }
  WriteQuantized(c, QuantizationOf(c, 3, 4), x);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = QuantizedUnarySamples({{"opset", int64_t{13}}});
  constexpr DType kU = DType::kU8;
  const std::vector<SampleInput> in = {
      {kU, {2, 3, 5}, 0, 255}, ScaleInput(0.03), ZeroInput(kU, 120), ScaleInput(1.0 / 256), ZeroInput(kU, 0)};
  out.push_back({"middle axis", in, {{"axis", int64_t{1}}, {"opset", int64_t{13}}}});
  out.push_back({"flattened", in, {{"axis", int64_t{1}}, {"opset", int64_t{11}}}});
  return out;
}

}  // namespace

extern const OpDef kQLinearSoftmax = {
    .name = "com.microsoft.QLinearSoftmax",
    .doc =
        "y = saturate(round(Softmax(v) / y_scale) + y_zero), v = (x - x_zero) * x_scale, rounding half to even. A row "
        "runs along "
        "`axis`; with opset below 13 over all axes from it on. x, y: i8 or u8 [d...]; scales f32 [], zero points of "
        "that dtype [].",
    .attrs = SchemaOf<QLinearSoftmaxAttrs>(kFields),
    .arity = {2, 5},
    .onnx = {"com.microsoft", "QLinearSoftmax", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
