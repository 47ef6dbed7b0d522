#include "ops/normalization.h"

namespace hasten {

Moments MomentsOf(std::span<const double> x) {
  Moments m;
  const auto count = static_cast<double>(x.size());
  for (double v : x) m.mean += v;
  m.mean /= count;
  for (double v : x) m.variance += (v - m.mean) * (v - m.mean);
  m.variance /= count;
  return m;
}

Status InferPerChannel(InferCall& c) {
  for (int i = 0; i < 3; ++i) HASTEN_TRY(c.RequireTensor(i));
  const Shape& x = c.shape(0);
  HASTEN_REQUIRE(!x.ranked() || x.rank() >= 2, "input 0 must have rank 2 at least, has shape ", x);
  for (int i = 1; i < 3; ++i) {
    HASTEN_TRY(c.RequireSameDType(0, i));
    HASTEN_TRY(c.RequireRank(i, 1));
    if (x.ranked()) HASTEN_TRY(c.RequireDims(i, 0, x[1], "channels"));
  }
  c.Out(0, c.type(0));
  return {};
}

Status EvalGroups(KernelCall& c, int64_t groups, float epsilon) {
  const Dims& d = c.input(0).dims;
  const int64_t channels = d[1], plane = d.Product(2, d.rank());
  if (c.input(0).elements() == 0) return {};
  const auto size = static_cast<size_t>(channels / groups * plane);
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto scale, c.Doubles(1));
  HASTEN_ASSIGN(const auto bias, c.Doubles(2));
  for (size_t g = 0; g < static_cast<size_t>(d[0] * groups); ++g) {
    const Moments m = MomentsOf(x.subspan(g * size, size));
    const double factor = 1 / std::sqrt(m.variance + static_cast<double>(epsilon));
    for (size_t i = g * size; i < (g + 1) * size; ++i) {
      const size_t k = i / static_cast<size_t>(plane) % static_cast<size_t>(channels);
      x[i] = (x[i] - m.mean) * factor * scale[k] + bias[k];
    }
  }
  WriteDoubles(&c.output(0), 0, x);
  return {};
}

Result<std::optional<int>> CheckRowNorm(const InferCall& c) {
  const auto& a = c.attrs<RowNormAttrs>();
  for (int i = 0; i < 3; ++i) HASTEN_TRY(c.RequireTensor(i));
  constexpr std::array kStash = {DType::kF32, DType::kF16, DType::kF64, DType::kBF16};
  HASTEN_REQUIRE(
      std::any_of(kStash.begin(), kStash.end(), [&](DType t) { return a.stash_type == static_cast<int64_t>(t); }),
      "stash_type must be a float type, is ", a.stash_type);
  const Shape& x = c.shape(0);
  if (!x.ranked()) return std::optional<int>();
  HASTEN_ASSIGN(const int axis, NormalizeAxis(a.axis, x.rank()));
  for (int i = 1; i < 3; ++i) {
    if (!c.has(i) || !c.shape(i).ranked()) continue;
    const Shape& s = c.shape(i);
    for (int k = 1; k <= s.rank(); ++k)
      HASTEN_REQUIRE(s[s.rank() - k].is(1) || (k <= x.rank() && !NeverEqual(s[s.rank() - k], x[x.rank() - k])),
                     "input ", i, " must broadcast to ", x, ", has shape ", s);
  }
  return std::optional<int>(axis);
}

}  // namespace hasten
