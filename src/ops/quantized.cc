#include "ops/quantized.h"

#include "ops/elementwise.h"

namespace hasten {

Status RequireScalar(const InferCall& c, int i) {
  HASTEN_TRY(c.RequireTensor(i));
  if (!c.has(i) || !c.shape(i).ranked()) return {};
  HASTEN_REQUIRE(!NeverEqual(c.shape(i).elements(), 1), "input ", i, " must hold one element, has shape ", c.shape(i));
  return {};
}

Status RequireScalarOr(const InferCall& c, int i, const Dim& size, std::string_view what) {
  HASTEN_TRY(c.RequireTensor(i));
  if (!c.has(i) || !c.shape(i).ranked()) return {};
  const Shape& s = c.shape(i);
  const bool one = !NeverEqual(s.elements(), 1), vector = s.rank() == 1 && !NeverEqual(s[0], size);
  HASTEN_REQUIRE(one || vector, "input ", i, " must hold one element or ", size, " (", what, "), has shape ", s);
  return {};
}

Status RequireNumbers(const InferCall& c, int i) {
  const DType t = c.dtype(i);
  HASTEN_REQUIRE(!c.has(i) || t == DType::kNone || IsInteger(t) || IsFloat(t), "input ", i, " must be numbers, is ",
                 c.type(i));
  return {};
}

void SubtractScalar(const Tensor& zero, std::span<double> x) {
  const double z = zero.Double(0);
  for (double& v : x) v -= z;
}

void SubtractPerRow(const Tensor& zero, int64_t rows, std::span<double> x) {
  if (zero.elements() == 1) return SubtractScalar(zero, x);
  const size_t size = x.size() / static_cast<size_t>(std::max<int64_t>(1, rows));
  for (int64_t r = 0; r < rows; ++r) {
    const double z = zero.Double(r);
    for (double& v : x.subspan(static_cast<size_t>(r) * size, size)) v -= z;
  }
}

Status RequirePerLine(const InferCall& c, int i, const Shape& matrix, bool columns) {
  HASTEN_TRY(c.RequireTensor(i));
  if (!c.has(i) || !c.shape(i).ranked() || !matrix.ranked() || matrix.rank() == 0) return {};
  const int rank = matrix.rank();
  const Dim lines = rank == 1 ? Dim(1) : matrix[columns ? rank - 1 : rank - 2];
  const Dim count = c.shape(i).elements(), all = matrix.Product(0, rank - 2) * lines;
  HASTEN_REQUIRE(!NeverEqual(count, 1) || !NeverEqual(count, lines) || !NeverEqual(count, all), "input ", i,
                 " must hold one element or one per ", columns ? "column" : "row", " of ", matrix, ", has shape ",
                 c.shape(i));
  return {};
}

double LineValue(const Tensor& t, int64_t batch, int64_t lines, int64_t line) {
  const int64_t count = t.elements();
  return t.Double(count == 1 ? 0 : count == lines ? line : batch * lines + line);
}

Status MultiplyQuantized(const KernelCall& c, const Tensor& a, const Tensor* a_zero, const Tensor& b,
                         const Tensor* b_zero, std::span<double> y) {
  const MatMulShape s = MatMulShapeOf(a.dims, b.dims);
  HASTEN_ASSIGN(const auto rows, c.Scratch<double>(s.rows * s.inner));
  HASTEN_ASSIGN(const auto minus, c.Scratch<double>(s.cols));
  HASTEN_ASSIGN(const auto panel, c.Scratch<double>(kPanelElements));
  BroadcastWalk at(s.a_batch, s.batch), bt(s.b_batch, s.batch);
  const auto y_size = static_cast<size_t>(s.rows * s.cols);
  for (int64_t i = 0; i < s.batch.elements(); ++i, at.Next(), bt.Next()) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    ReadDoubles(a, at.offset() * s.rows * s.inner, rows);
    for (int64_t m = 0; a_zero && m < s.rows; ++m) {
      const double zero = LineValue(*a_zero, at.offset(), s.rows, m);
      for (int64_t k = 0; k < s.inner; ++k) rows[m * s.inner + k] -= zero;
    }
    for (int64_t n = 0; n < s.cols; ++n) minus[n] = b_zero ? LineValue(*b_zero, bt.offset(), s.cols, n) : 0.0;
    Multiply(rows, {&b, bt.offset() * s.inner * s.cols, s.inner, s.cols}, minus, panel,
             y.subspan(static_cast<size_t>(i) * y_size, y_size));
  }
  return {};
}

double Quantize(double v, double zero, DType t) {
  if (IsFloat(t)) return v + zero;
  return std::clamp(std::nearbyint(v) + zero, static_cast<double>(IntMin(t)), static_cast<double>(IntMax(t)));
}

// In f32 throughout, as the standard's function body: the rounding of the scale decides ties.
DynamicScale QuantizeDynamically(std::span<double> x) {
  constexpr float kMax = 255;
  double low = 0, high = 0;
  for (double v : x) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
  const float range = static_cast<float>(high) - static_cast<float>(low);
  const float scale = (range == 0 ? 1.0f : range) / kMax;
  const float zero = std::nearbyint(std::clamp(-static_cast<float>(low) / scale, 0.0f, kMax));
  for (double& v : x) {
    const float y = std::nearbyint(static_cast<float>(v) / scale) + zero;
    v = y > 0 ? static_cast<double>(std::min(y, kMax)) : 0.0;  // NaN: 0
  }
  return {scale, zero};
}

}  // namespace hasten
