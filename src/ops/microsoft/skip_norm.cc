#include "ops/microsoft/skip_norm.h"

#include "ops/elementwise.h"

namespace hasten::ops::microsoft {

Status InferSkipNorm(InferCall& c) {
  for (int i = 0; i < c.inputs(); ++i) {
    HASTEN_TRY(c.RequireTensor(i));
    HASTEN_TRY(c.RequireSameDType(0, i));
    if (i >= 2) HASTEN_TRY(c.RequireRank(i, 1));
  }
  const Shape& x = c.shape(0);
  Shape rows = x;
  if (x.ranked()) {
    HASTEN_REQUIRE(x.rank() >= 1, "input 0 must have rank 1 at least, is a scalar");
    const Shape& skip = c.shape(1);
    HASTEN_REQUIRE(!skip.ranked() || skip.rank() <= x.rank(), "input 1 must broadcast to ", x, ", has shape ", skip);
    for (int k = 1; skip.ranked() && k <= skip.rank(); ++k)
      HASTEN_REQUIRE((k > 1 && skip[skip.rank() - k].is(1)) || !NeverEqual(skip[skip.rank() - k], x[x.rank() - k]),
                     "input 1 must broadcast to ", x, ", has shape ", skip);
    for (int i = 2; i < c.inputs(); ++i) HASTEN_TRY(c.RequireDims(i, 0, x[x.rank() - 1], "last axis of input 0"));
    rows[rows.rank() - 1] = 1;
  }
  c.Out(0, c.dtype(0), x);
  c.Out(1, DType::kF32, rows);
  c.Out(2, DType::kF32, rows);
  c.Out(3, c.dtype(0), x);
  return {};
}

RowStatistics LayerStatistics(std::span<const double> row, double epsilon) {
  const Moments m = MomentsOf(row);
  return {m.mean, 1 / std::sqrt(m.variance + epsilon)};
}

RowStatistics RmsStatistics(std::span<const double> row, double epsilon) {
  double squares = 0;
  for (double v : row) squares += v * v;
  return {0, 1 / std::sqrt(squares / static_cast<double>(row.size()) + epsilon)};
}

namespace {

Result<std::span<const double>> VectorOf(const KernelCall& c, int i) {
  if (i == kNoVector || !c.has(i)) return std::span<const double>();
  HASTEN_ASSIGN(const auto v, c.Doubles(i));
  return std::span<const double>(v);
}

}  // namespace

Status EvalSkipNorm(KernelCall& c, int beta, int bias, RowStatistics (*statistics)(std::span<const double>, double)) {
  const Dims& d = c.input(0).dims;
  const auto epsilon = static_cast<double>(c.attrs<SkipNormAttrs>().epsilon);
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto skip, c.Doubles(1));
  HASTEN_ASSIGN(const auto scale, c.Doubles(2));
  HASTEN_ASSIGN(const auto shift, VectorOf(c, beta));
  HASTEN_ASSIGN(const auto add, VectorOf(c, bias));
  const auto size = static_cast<size_t>(d.back());
  BroadcastWalk at(c.input(1).dims, d);
  for (size_t i = 0; i < x.size(); ++i, at.Next())
    x[i] += skip[static_cast<size_t>(at.offset())] + (add.empty() ? 0.0 : add[i % size]);
  if (c.wants(3)) WriteDoubles(&c.output(3), 0, x);
  for (int64_t r = 0; r < d.Product(0, d.rank() - 1); ++r) {
    const auto row = x.subspan(static_cast<size_t>(r) * size, size);
    const RowStatistics s = statistics(row, epsilon);
    for (size_t i = 0; i < size; ++i)
      row[i] = (row[i] - s.mean) * s.factor * scale[i] + (shift.empty() ? 0.0 : shift[i]);
    if (c.wants(1)) c.output(1).SetDouble(r, s.mean);
    if (c.wants(2)) c.output(2).SetDouble(r, s.factor);
  }
  WriteDoubles(&c.output(0), 0, x);
  return {};
}

}  // namespace hasten::ops::microsoft
