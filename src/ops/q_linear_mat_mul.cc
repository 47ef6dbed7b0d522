#include "ops/elementwise.h"
#include "ops/quantized.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireZeroPoint(c, 2, 0));
  HASTEN_TRY(RequireZeroPoint(c, 5, 3));
  HASTEN_TRY(RequireNumbers(c, 7));
  HASTEN_TRY(InferMatMul(c, 0, 3, c.dtype(7)));
  for (int i : {1, 2}) HASTEN_TRY(RequirePerLine(c, i, c.shape(0), false));
  for (int i : {4, 5}) HASTEN_TRY(RequirePerLine(c, i, c.shape(3), true));
  for (int i : {6, 7}) HASTEN_TRY(RequirePerLine(c, i, c.out[0].shape, false));
  return {};
}

Status Eval(KernelCall& c) {
  Tensor& y = c.output(0);
  HASTEN_ASSIGN(const auto sum, c.Scratch<double>(y.elements()));
  HASTEN_TRY(MultiplyQuantized(c, c.input(0), &c.input(2), c.input(3), &c.input(5), sum));
  const MatMulShape s = MatMulShapeOf(c.input(0).dims, c.input(3).dims);
  BroadcastWalk at(s.a_batch, s.batch), bt(s.b_batch, s.batch);
  size_t next = 0;
  for (int64_t i = 0; i < s.batch.elements(); ++i, at.Next(), bt.Next())
    for (int64_t m = 0; m < s.rows; ++m) {
      const double a_scale = LineValue(c.input(1), at.offset(), s.rows, m),
                   y_scale = LineValue(c.input(6), i, s.rows, m);
      const double zero = LineValue(c.input(7), i, s.rows, m);
      for (int64_t n = 0; n < s.cols; ++n, ++next) {
        const double scale = a_scale * LineValue(c.input(4), bt.offset(), s.cols, n);
        sum[next] = Quantize(sum[next] * scale / y_scale, zero, y.dtype);
      }
    }
  WriteDoubles(&y, 0, sum);
  return {};
}

constexpr OnnxVersion kVersions[] = {{10}, {21}};

std::vector<Sample> Samples() {
  const auto scale = [](double v) { return SampleInput{DType::kF32, {}, 0, 0, {v}}; };
  const auto zero = [](DType t, double v) { return SampleInput{t, {}, 0, 0, {v}}; };
  constexpr DType kU = DType::kU8, kI = DType::kI8, k8 = DType::kF8E4M3FN;
  const SampleInput a{kU, {3, 7}, 0, 255}, b{kI, {7, 5}, -128, 127};
  return {
      {"per tensor", {a, scale(0.02), zero(kU, 131), b, scale(0.01), zero(kI, 3), scale(0.3), zero(kU, 100)}},
      {"per row and column",
       {a,
        {DType::kF32, {3}, 0.01, 0.02},
        {kU, {3}, 0, 255},
        b,
        {DType::kF32, {5}, 0.01, 0.02},
        {kI, {5}, -9, 9},
        scale(0.3),
        zero(kI, -7)}},
      {"batches",
       {{kI, {2, 3, 7}, -128, 127}, scale(0.02), zero(kI, 1), b, scale(0.01), zero(kI, 3), scale(0.3), zero(kI, 1)}},
      {"saturates", {a, scale(1), zero(kU, 0), b, scale(1), zero(kI, 0), scale(1), zero(kU, 5)}},
      {"f8", {{k8, {2, 3}}, scale(0.5), zero(k8, 0), {k8, {3, 2}}, scale(2), zero(k8, 0), scale(0.3), zero(k8, 0)}}};
}

}  // namespace

extern const OpDef kQLinearMatMul = {
    .name = "QLinearMatMul",
    .doc =
        "y = saturate(round(MatMul(a - a_zero, b - b_zero) * a_scale * b_scale / y_scale) + y_zero), rounding half to "
        "even. a: i8, u8 or f8 [..., M, K]; b: likewise [..., K, N]; scale and zero point of a and y: [], [M] or "
        "[..., M, 1], of b: [], [N] or [..., 1, N]; y: dtype of y_zero [..., M, N].",
    .arity = {8, 8},
    .onnx = {"", "QLinearMatMul", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = [](const CostCall& c) { return MatMulFlops(c, 0, 3); },
    .samples = Samples,
};

}  // namespace hasten::ops
