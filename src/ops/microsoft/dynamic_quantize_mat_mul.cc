#include "ops/microsoft/quantized_values.h"

namespace hasten::ops::microsoft {
namespace {

enum Input { kA, kB, kScale, kZero, kBias };

Status Infer(InferCall& c) {
  HASTEN_TRY(c.RequireSameDType(kA, kScale));
  HASTEN_TRY(c.RequireSameDType(kA, kBias));
  HASTEN_TRY(RequireZeroPoint(c, kZero, kB));
  HASTEN_REQUIRE(c.dtype(kA) == DType::kNone || IsFloat(c.dtype(kA)), "input 0 must hold floats, is ", c.type(kA));
  HASTEN_TRY(InferMatMul(c, kA, kB, c.dtype(kA)));
  for (int i : {kScale, kZero}) HASTEN_TRY(RequirePerLine(c, i, c.shape(kB), true));
  HASTEN_TRY(c.RequireRank(kBias, 1));
  const Shape& b = c.shape(kB);
  return b.ranked() && b.rank() > 1 ? c.RequireDims(kBias, 0, b[b.rank() - 1], "columns of input 1") : Status();
}

Status Eval(KernelCall& c) {
  Tensor& y = c.output(0);
  HASTEN_ASSIGN(const auto x, c.Doubles(kA));
  const DynamicScale q = QuantizeDynamically(x);
  for (double& v : x) v -= static_cast<double>(q.zero);
  const Tensor a{DType::kF64, c.input(kA).dims, reinterpret_cast<std::byte*>(x.data()), nullptr, {}};
  HASTEN_ASSIGN(const auto sum, c.Scratch<double>(y.elements()));
  HASTEN_TRY(MultiplyQuantized(c, a, nullptr, c.input(kB), c.has(kZero) ? &c.input(kZero) : nullptr, sum));
  const Dims& b = c.input(kB).dims;
  const int64_t columns = b.rank() > 1 ? b.back() : 1;
  for (size_t i = 0; i < sum.size(); ++i) {
    const int64_t n = static_cast<int64_t>(i) % columns;
    const double scale = c.input(kScale).Double(c.input(kScale).elements() == 1 ? 0 : n);
    sum[i] =
        ScaleSum(y.dtype, sum[i], static_cast<double>(q.scale), scale, c.has(kBias) ? c.input(kBias).Double(n) : 0.0);
  }
  WriteDoubles(&y, 0, sum);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  constexpr DType kF = DType::kF32, kU = DType::kU8, kI = DType::kI8;
  const SampleInput a{kF, {2, 3, 7}, -3, 2}, b{kI, {7, 5}, -128, 127}, none{DType::kNone, {}};
  return {{"one scale", {a, b, ScaleInput(0.02)}},
          {"zero point", {a, {kU, {7, 5}, 0, 255}, ScaleInput(0.02), ZeroInput(kU, 120)}},
          {"per column", {a, b, {kF, {5}, 0.01, 0.02}, {kI, {5}, -9, 9}}},
          {"bias", {a, b, ScaleInput(0.02), none, {kF, {5}}}},
          {"no rows", {{kF, {0, 7}}, b, ScaleInput(0.02)}}};
}

}  // namespace

extern const OpDef kDynamicQuantizeMatMul = {
    .name = "com.microsoft.DynamicQuantizeMatMul",
    .doc =
        "y = MatMul(q - q_zero, b - b_zero) * q_scale * b_scale + bias, where q is a as DynamicQuantizeLinear has it. "
        "a: f32 [..., M, "
        "K]; b: i8 or u8 [..., K, N]; b_scale, b_zero: [] or [N]; bias: [N]; y: f32 [..., M, N].",
    .arity = {3, 5},
    .onnx = {"com.microsoft", "DynamicQuantizeMatMul", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = [](const CostCall& c) { return MatMulFlops(c, kA, kB); },
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
