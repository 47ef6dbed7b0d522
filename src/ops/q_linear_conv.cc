#include "ops/convolution.h"
#include "ops/quantized.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireZeroPoint(c, 2, 0));
  HASTEN_TRY(RequireZeroPoint(c, 5, 3));
  HASTEN_TRY(RequireNumbers(c, 7));
  HASTEN_TRY(InferConvolution(c, 0, 3, 8, c.dtype(7)));
  for (int i : {1, 2, 6, 7}) HASTEN_TRY(RequireScalar(c, i));
  if (!c.shape(3).ranked()) return {};
  HASTEN_TRY(RequireScalarOr(c, 4, c.shape(3)[0], "filters"));
  return RequireScalarOr(c, 5, c.shape(3)[0], "filters");
}

Status Eval(KernelCall& c) {
  Tensor& y = c.output(0);
  const Dims& w_dims = c.input(3).dims;
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto w, c.Doubles(3));
  HASTEN_ASSIGN(const auto sum, c.Scratch<double>(y.elements()));
  SubtractScalar(c.input(2), x);
  SubtractPerRow(c.input(5), w_dims[0], w);
  HASTEN_TRY(Convolve(c, c.attrs<ConvAttrs>(), c.input(0).dims, w_dims, y.dims, x, w, sum));
  const double x_scale = c.input(1).Double(0), y_scale = c.input(6).Double(0), y_zero = c.input(7).Double(0);
  const int64_t filters = y.dims[1], size = y.dims.Product(2, y.dims.rank());
  const bool per_filter = c.input(4).elements() > 1;
  for (int64_t i = 0; i < y.elements(); ++i) {
    const int64_t m = i / size % filters;
    const double scale = x_scale * c.input(4).Double(per_filter ? m : 0);
    const double bias = c.has(8) ? c.input(8).Double(m) : 0.0;
    sum[i] = Quantize((sum[i] + bias) * scale / y_scale, y_zero, y.dtype);
  }
  WriteDoubles(&y, 0, sum);
  return {};
}

constexpr OnnxVersion kVersions[] = {{10}};

using Ints = std::vector<int64_t>;

std::vector<Sample> Samples() {
  const auto scale = [](double v) { return SampleInput{DType::kF32, {}, 0, 0, {v}}; };
  const auto zero = [](DType t, double v) { return SampleInput{t, {}, 0, 0, {v}}; };
  constexpr DType kU = DType::kU8, kI = DType::kI8;
  const SampleInput x{kU, {2, 4, 5, 5}, 0, 255}, w{kI, {6, 4, 3, 3}, -128, 127}, bias{DType::kI32, {6}, -9999, 9999};
  return {
      {"per tensor", {x, scale(0.02), zero(kU, 131), w, scale(0.01), zero(kI, 3), scale(0.3), zero(kU, 100)}},
      {"per filter, bias, pads",
       {x,
        scale(0.02),
        zero(kU, 131),
        w,
        {DType::kF32, {6}, 0.01, 0.02},
        {kI, {6}, -9, 9},
        scale(0.3),
        zero(kI, -7),
        bias},
       {{"pads", Ints{1, 0, 2, 1}}, {"strides", Ints{2, 1}}}},
      {"bias between steps",
       {x,
        scale(0.02),
        zero(kU, 131),
        w,
        scale(0.01),
        zero(kI, 3),
        scale(0.3),
        zero(kU, 100),
        {DType::kF64, {6}, -99, 99}}},
      {"saturates", {x, scale(1), zero(kU, 0), w, scale(1), zero(kI, 0), scale(1), zero(kU, 5)}},
      {"group",
       {x, scale(0.02), zero(kU, 9), {kU, {6, 2, 1, 1}, 0, 255}, scale(0.01), zero(kU, 128), scale(0.3), zero(kU, 100)},
       {{"group", int64_t{2}}}}};
}

}  // namespace

extern const OpDef kQLinearConv = {
    .name = "QLinearConv",
    .doc =
        "y = saturate(round((Conv(x - x_zero, w - w_zero) + bias) * x_scale * w_scale / y_scale) + y_zero), rounding "
        "half to even. x: i8 or u8 [N, C, d...]; w: i8 or u8 [M, C / group, k...]; bias: i32 [M], or f64 with parts of "
        "a step (what "
        "fusing a bias with a scale of its own gives); scales float, zero "
        "points of their tensor's dtype, those of w [] or [M], others []; y: dtype of y_zero [N, M, o...].",
    .attrs = SchemaOf<ConvAttrs>(kConvFields),
    .arity = {8, 9},
    .onnx = {"", "QLinearConv", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = [](const CostCall& c) { return ConvolutionFlops(c, 3); },
    .samples = Samples,
};

}  // namespace hasten::ops
