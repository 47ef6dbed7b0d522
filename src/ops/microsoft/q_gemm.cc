#include "ops/gemm.h"

#include "ops/elementwise.h"
#include "ops/microsoft/quantized_values.h"

namespace hasten::ops::microsoft {
namespace {

constexpr AttrField kFields[] = {Field<&GemmAttrs::alpha>("alpha"), Field<&GemmAttrs::trans_a>("transA"),
                                 Field<&GemmAttrs::trans_b>("transB")};
enum Input { kA, kAScale, kAZero, kB, kBScale, kBZero, kC, kYScale, kYZero };

Status Infer(InferCall& c) {
  const auto& a = c.attrs<GemmAttrs>();
  HASTEN_TRY(RequireQuantized(c, kA));
  HASTEN_TRY(c.RequireTensor(kB));
  HASTEN_TRY(c.RequireTensor(kC));
  HASTEN_TRY(RequireZeroPoint(c, kBZero, kB));
  for (int i : {kYScale, kYZero}) HASTEN_TRY(RequireScalar(c, i));
  HASTEN_TRY(RequireNumbers(c, kYZero));
  if (c.shape(kB).ranked() && c.shape(kB).rank() == 2)
    for (int i : {kBScale, kBZero}) HASTEN_TRY(RequireScalarOr(c, i, c.shape(kB)[a.trans_b ? 0 : 1], "columns"));
  const Type types[] = {Type::Tensor(DType::kI32, c.shape(kA)), Type::Tensor(DType::kI32, c.shape(kB)),
                        c.has(kC) ? Type::Tensor(DType::kI32, c.shape(kC)) : Type()};
  const bool present[] = {true, true, c.has(kC)};
  InferCall plain = c;
  plain.in = types;
  plain.present = present;
  HASTEN_TRY(InferGemm(plain, a));
  const DType dtype = c.has(kYZero) ? c.dtype(kYZero) : DType::kF32;
  if (c.outputs() > 0) c.Out(0, dtype, plain.out[0].shape);
  return {};
}

// Input i as [rows, cols] less its zero points, which belong to columns.
Result<std::span<double>> Matrix(const KernelCall& c, int i, int zero, bool transposed) {
  const Dims& d = c.input(i).dims;
  const int64_t rows = d[transposed ? 1 : 0], cols = d[transposed ? 0 : 1];
  HASTEN_ASSIGN(const auto x, c.Doubles(i));
  HASTEN_ASSIGN(const auto y, c.Scratch<double>(rows * cols));
  const bool per_column = c.has(zero) && c.input(zero).elements() > 1;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t k = 0; k < cols; ++k)
      y[static_cast<size_t>(r * cols + k)] = x[static_cast<size_t>(transposed ? k * rows + r : r * cols + k)] -
                                             (c.has(zero) ? c.input(zero).Double(per_column ? k : 0) : 0.0);
  return y;
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<GemmAttrs>();
  Tensor& y = c.output(0);
  HASTEN_ASSIGN(const auto left, Matrix(c, kA, kAZero, a.trans_a));
  HASTEN_ASSIGN(const auto right, Matrix(c, kB, kBZero, a.trans_b));
  HASTEN_ASSIGN(const auto panel, c.Scratch<double>(kPanelElements));
  HASTEN_ASSIGN(const auto sum, c.Scratch<double>(y.elements()));
  const int64_t inner = c.input(kA).dims[a.trans_a ? 0 : 1], cols = y.dims[1];
  const Tensor b{DType::kF64, {inner, cols}, reinterpret_cast<std::byte*>(right.data()), nullptr, {}};
  Multiply(left, {&b, 0, inner, cols}, {}, panel, sum);
  BroadcastWalk at(c.has(kC) ? c.input(kC).dims : Dims{}, y.dims);
  const double scale = static_cast<double>(a.alpha) * c.input(kAScale).Double(0);
  for (size_t i = 0; i < sum.size(); ++i, at.Next()) {
    if (c.has(kC)) sum[i] += c.input(kC).Double(at.offset());
    const bool per_column = c.input(kBScale).elements() > 1;
    sum[i] *= scale * c.input(kBScale).Double(per_column ? static_cast<int64_t>(i) % cols : 0);
  }
  if (c.has(kYScale))
    WriteQuantized(c, QuantizationOf(c, kYScale, kYZero), sum);
  else
    WriteDoubles(&y, 0, sum);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  constexpr DType kF = DType::kF32, kU = DType::kU8, kI = DType::kI8;
  const SampleInput a{kU, {3, 5}, 0, 255}, b{kI, {5, 7}, -128, 127}, cc{DType::kI32, {7}, -999, 999},
      none{DType::kNone, {}};
  const SampleInput as = ScaleInput(0.03), az = ZeroInput(kU, 120), bs = ScaleInput(0.02), bz = ZeroInput(kI, -7);
  return {
      {"float", {a, as, az, b, bs, bz}},
      {"quantised", {a, as, az, b, bs, bz, cc, ScaleInput(0.5), ZeroInput(kU, 100)}},
      {"bias between steps", {a, as, az, b, bs, bz, {DType::kF64, {7}, -99, 99}, ScaleInput(0.5), ZeroInput(kU, 100)}},
      {"per column, alpha", {a, as, az, b, {kF, {7}, 0.01, 0.02}, {kI, {7}, -9, 9}, cc}, {{"alpha", 0.5f}}},
      {"both transposed",
       {{kU, {5, 3}, 0, 255}, as, az, {kI, {7, 5}, -128, 127}, bs, bz, none, ScaleInput(0.5), ZeroInput(kI, 1)},
       {{"transA", int64_t{1}}, {"transB", int64_t{1}}}}};
}

}  // namespace

extern const OpDef kQGemm = {
    .name = "com.microsoft.QGemm",
    .doc =
        "y = alpha * a_scale * b_scale * ((A - a_zero) * (B - b_zero) + C), as saturate(round(y / y_scale) + y_zero) "
        "where those are "
        "given. A: i8 or u8 [M, K] ([K, M] if transA); B: likewise [K, N] ([N, K] if transB); C: i32 (f64 with parts "
        "of a step), broadcasts to "
        "[M, N]; b_scale, "
        "b_zero: [] or [N]; y: f32 or the dtype of y_zero [M, N].",
    .attrs = SchemaOf<GemmAttrs>(kFields),
    .arity = {6, 9},
    .onnx = {"com.microsoft", "QGemm", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = [](const CostCall& c) { return GemmFlops(c, c.attrs<GemmAttrs>()); },
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
