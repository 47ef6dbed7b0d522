#include "ops/microsoft/q_linear_global_average_pool.h"

#include "ops/microsoft/channels_last.h"
#include "ops/microsoft/quantized_values.h"

namespace hasten::ops::microsoft {
namespace {

constexpr AttrField kFields[] = {Field<&QGlobalPoolAttrs::channels_last>("channels_last")};

Status Infer(InferCall& c) {
  HASTEN_TRY(InferQuantizedUnary(c));
  Shape y = c.shape(0);
  if (!y.ranked()) return {};
  HASTEN_REQUIRE(y.rank() >= 3, "input 0 must have rank 3 at least, has shape ", y);
  const bool last = c.attrs<QGlobalPoolAttrs>().channels_last;
  for (int i = last ? 1 : 2; i < y.rank() - (last ? 1 : 0); ++i) y[i] = 1;
  c.Out(0, c.dtype(0), std::move(y));
  return {};
}

Status Eval(KernelCall& c) {
  const bool last = c.attrs<QGlobalPoolAttrs>().channels_last;
  const Dims dims = last ? ChannelsFirst(c.input(0).dims) : c.input(0).dims;
  HASTEN_ASSIGN(const auto x, Dequantize(c, 0, QuantizationOf(c, 1, 2)));
  HASTEN_ASSIGN(const auto y, c.Scratch<double>(c.output(0).elements()));
  const int64_t channels = dims[1], size = dims.Product(2, dims.rank());
  for (size_t p = 0; p < y.size(); ++p) {
    const auto n = static_cast<int64_t>(p) / channels, k = static_cast<int64_t>(p) % channels;
    double sum = 0;
    for (int64_t i = 0; i < size; ++i)
      sum += x[static_cast<size_t>(last ? (n * size + i) * channels + k : (n * channels + k) * size + i)];
    y[p] = sum / static_cast<double>(size);
  }
  WriteQuantized(c, QuantizationOf(c, 3, 4), y);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  constexpr DType kU = DType::kU8, kI = DType::kI8;
  const auto call = [](SampleInput x, DType t) {
    return std::vector<SampleInput>{x, ScaleInput(0.03), ZeroInput(t, 12), ScaleInput(0.01), ZeroInput(t, 7)};
  };
  return {{"u8", call({kU, {2, 3, 7, 5}, 0, 255}, kU)},
          {"i8", call({kI, {2, 3, 11}, -128, 127}, kI)},
          {"channels last", call({kU, {2, 7, 5, 3}, 0, 255}, kU), {{"channels_last", int64_t{1}}}}};
}

}  // namespace

extern const OpDef kQLinearGlobalAveragePool = {
    .name = "com.microsoft.QLinearGlobalAveragePool",
    .doc =
        "y = saturate(round(mean over all spatial axes of (x - x_zero) * x_scale / y_scale) + y_zero), rounding half "
        "to even. x: i8 or "
        "u8 [N, C, d...], or [N, d..., C] with channels_last; y: the same with 1 for each d.",
    .attrs = SchemaOf<QGlobalPoolAttrs>(kFields),
    .arity = {5, 5},
    .onnx = {"com.microsoft", "QLinearGlobalAveragePool", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
