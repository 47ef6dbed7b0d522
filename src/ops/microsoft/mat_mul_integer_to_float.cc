#include "ops/microsoft/quantized_values.h"

namespace hasten::ops::microsoft {
namespace {

enum Input { kA, kB, kAScale, kBScale, kAZero, kBZero, kBias };

Status Infer(InferCall& c) {
  HASTEN_TRY(c.RequireSameDType(kAScale, kBScale));
  HASTEN_TRY(c.RequireSameDType(kAScale, kBias));
  HASTEN_TRY(RequireZeroPoint(c, kAZero, kA));
  HASTEN_TRY(RequireZeroPoint(c, kBZero, kB));
  HASTEN_TRY(InferMatMul(c, kA, kB, c.dtype(kAScale)));
  for (int i : {kAScale, kAZero}) HASTEN_TRY(RequirePerLine(c, i, c.shape(kA), false));
  for (int i : {kBScale, kBZero}) HASTEN_TRY(RequirePerLine(c, i, c.shape(kB), true));
  HASTEN_TRY(c.RequireRank(kBias, 1));
  const Shape& b = c.shape(kB);
  return b.ranked() && b.rank() > 1 ? c.RequireDims(kBias, 0, b[b.rank() - 1], "columns of input 1") : Status();
}

Status Eval(KernelCall& c) {
  Tensor& y = c.output(0);
  HASTEN_ASSIGN(const auto sum, c.Scratch<double>(y.elements()));
  HASTEN_TRY(MultiplyQuantized(c, c.input(kA), c.has(kAZero) ? &c.input(kAZero) : nullptr, c.input(kB),
                               c.has(kBZero) ? &c.input(kBZero) : nullptr, sum));
  const MatMulShape s = MatMulShapeOf(c.input(kA).dims, c.input(kB).dims);
  for (size_t i = 0; i < sum.size(); ++i) {
    const auto at = static_cast<int64_t>(i), n = at % s.cols, m = at / s.cols % s.rows, batch = at / s.cols / s.rows;
    const bool per_batch = c.input(kAScale).elements() > s.rows;
    sum[i] = ScaleSum(y.dtype, sum[i], LineValue(c.input(kAScale), per_batch ? batch : 0, s.rows, m),
                      c.input(kBScale).Double(c.input(kBScale).elements() == 1 ? 0 : n),
                      c.has(kBias) ? c.input(kBias).Double(n) : 0.0);
  }
  WriteDoubles(&y, 0, sum);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  constexpr DType kF = DType::kF32, kU = DType::kU8, kI = DType::kI8;
  const SampleInput a{kU, {2, 3, 7}, 0, 255}, b{kI, {7, 5}, -128, 127}, none{DType::kNone, {}};
  const SampleInput as = ScaleInput(0.03), bs = ScaleInput(0.02);
  return {{"no zero points", {a, b, as, bs}},
          {"zero points", {a, b, as, bs, ZeroInput(kU, 120), ZeroInput(kI, -7)}},
          {"per column", {a, b, as, {kF, {5}, 0.01, 0.02}, ZeroInput(kU, 120), {kI, {5}, -9, 9}}},
          {"bias", {a, b, as, bs, none, none, {kF, {5}}}},
          {"no rows", {{kU, {0, 7}, 0, 255}, b, as, bs}}};
}

}  // namespace

extern const OpDef kMatMulIntegerToFloat = {
    .name = "com.microsoft.MatMulIntegerToFloat",
    .doc =
        "y = MatMul(a - a_zero, b - b_zero) * a_scale * b_scale + bias. a: i8 or u8 [..., M, K]; b: likewise [..., K, "
        "N]; a_scale, "
        "a_zero: []; b_scale, b_zero: [] or [N]; zero points 0 where absent; bias: [N]; y: dtype of a_scale [..., M, "
        "N].",
    .arity = {4, 7},
    .onnx = {"com.microsoft", "MatMulIntegerToFloat", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = [](const CostCall& c) { return MatMulFlops(c, kA, kB); },
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
