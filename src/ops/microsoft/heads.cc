#include "ops/microsoft/heads.h"

namespace hasten::ops::microsoft {

void Scores(const AttentionSizes& z, const Heads& q, const Heads& k, int64_t b, int64_t n, int64_t s,
            std::span<double> row) {
  const double* x = q.At(b, n, s);
  const int64_t group = n / std::max<int64_t>(1, z.heads / z.kv_heads);
  for (int64_t t = 0; t < z.keys; ++t) {
    const double* key = k.At(b, group, t);
    double sum = 0;
    for (int64_t i = 0; i < z.head; ++i) sum += x[i] * key[i];
    row[static_cast<size_t>(t)] = sum * z.scale;
  }
}

void WeighValues(const AttentionSizes& z, const Heads& v, int64_t b, int64_t n, std::span<const double> row,
                 double* y) {
  const int64_t group = n / std::max<int64_t>(1, z.heads / z.kv_heads);
  std::fill_n(y, z.value_head, 0.0);
  for (int64_t t = 0; t < z.keys; ++t) {
    const double weight = row[static_cast<size_t>(t)];
    const double* value = v.At(b, group, t);
    if (weight == 0) continue;
    for (int64_t i = 0; i < z.value_head; ++i) y[i] += weight * value[i];
  }
}

void SoftmaxRow(std::span<double> row, std::optional<double> sink) {
  constexpr double kNothing = -std::numeric_limits<double>::infinity();
  double top = sink.value_or(kNothing);
  for (double v : row)
    if (v > top || std::isnan(v)) top = v;  // NaN stays
  if (top == kNothing) {
    std::fill(row.begin(), row.end(), 0.0);
    return;
  }
  double sum = sink ? std::exp(*sink - top) : 0;
  for (double& v : row) sum += v = std::exp(v - top);
  for (double& v : row) v /= sum;
}

Result<Heads> JoinPast(const KernelCall& c, const AttentionSizes& z, int64_t size, const Tensor* past, int64_t at,
                       const Heads& fresh) {
  HASTEN_ASSIGN(const auto all, c.Scratch<double>(z.batch * z.kv_heads * z.keys * size));
  const Heads out = HeadMajorHeads(all.data(), z.kv_heads, z.keys, size);
  for (int64_t b = 0; b < z.batch; ++b)
    for (int64_t n = 0; n < z.kv_heads; ++n) {
      const auto count = static_cast<size_t>(z.past * size);
      if (past) ReadDoubles(*past, at + (b * z.kv_heads + n) * z.past * size, std::span(out.At(b, n, 0), count));
      for (int64_t t = z.past; t < z.keys; ++t) std::copy_n(fresh.At(b, n, t - z.past), size, out.At(b, n, t));
    }
  return out;
}

Result<AttentionMask> AttentionMask::Of(const KernelCall& c, int i, const AttentionSizes& z, bool causal,
                                        float filter) {
  AttentionMask m;
  m.z_ = z;
  m.causal_ = causal;
  m.filter_ = static_cast<double>(filter);
  if (!c.has(i)) return m;
  HASTEN_ASSIGN(m.mask_, c.Ints(i));
  m.rank_ = c.input(i).dims.rank();
  const int64_t places = m.rank_ == 1 ? z.batch : m.rank_ == 2 ? z.batch * z.keys : z.batch * z.queries * z.keys;
  HASTEN_REQUIRE(static_cast<int64_t>(m.mask_.size()) >= places, "the mask must cover ", z.batch, " rows of ", z.keys,
                 " keys, has shape ", c.input(i).dims.Text());
  m.starts_ = m.rank_ == 1 && c.input(i).dims[0] == 2 * z.batch;
  return m;
}

bool AttentionMask::Hides(int64_t b, int64_t s, int64_t t) const {
  switch (rank_) {
    case 1: return t >= mask_[static_cast<size_t>(b)] || (starts_ && t < mask_[static_cast<size_t>(b + z_.batch)]);
    case 2: return mask_[static_cast<size_t>(b * z_.keys + t)] <= 0;
    case 3: return mask_[static_cast<size_t>((b * z_.queries + s) * z_.keys + t)] <= 0;
    default: return false;
  }
}

void AttentionMask::Apply(int64_t b, int64_t s, std::span<double> row) const {
  for (int64_t t = 0; t < z_.keys; ++t) {
    if (causal_ && t > z_.past + s && s + 1 < z_.queries)
      row[static_cast<size_t>(t)] += static_cast<double>(std::numeric_limits<float>::lowest());
    else if (Hides(b, s, t))
      row[static_cast<size_t>(t)] += filter_;
  }
}

Status RequireMask(const InferCall& c, int i, const Dim& batch, const Dim& queries, const Dim& keys) {
  HASTEN_TRY(c.RequireTensor(i));
  if (!c.has(i) || !c.shape(i).ranked()) return {};
  const Shape& m = c.shape(i);
  HASTEN_REQUIRE(c.dtype(i) == DType::kNone || IsInteger(c.dtype(i)), "the mask must hold integers, is ", c.type(i));
  if (m.rank() == 4) return Status(Code::kUnsupported, "a mask of rank 4 is not supported");
  HASTEN_REQUIRE(m.rank() >= 1 && m.rank() <= 3, "the mask must have rank 1 to 3, has shape ", m);
  if (m.rank() == 1) {
    HASTEN_REQUIRE(!NeverEqual(m[0], batch) || !NeverEqual(m[0], batch * 2) || !NeverEqual(m[0], batch * 3 + 2),
                   "a mask of rank 1 must have ", batch, ", twice or thrice and 2 as many elements, has shape ", m);
    return {};
  }
  HASTEN_TRY(c.RequireDims(i, 0, batch, "batch"));
  if (m.rank() == 3) HASTEN_TRY(c.RequireDims(i, 1, queries, "queries"));
  return c.RequireDims(i, m.rank() - 1, keys, "all keys");
}

Status RequireScoreBias(const InferCall& c, int i, const Dim& batch, const Dim& heads, const Dim& queries,
                        const Dim& keys) {
  HASTEN_TRY(c.RequireTensor(i));
  HASTEN_TRY(c.RequireRank(i, 4));
  if (!c.has(i) || !c.shape(i).ranked()) return {};
  const Shape& s = c.shape(i);
  HASTEN_REQUIRE(s[0].is(1) || !NeverEqual(s[0], batch), "axis 0 of input ", i, " must be 1 or ", batch, ", is ", s[0]);
  HASTEN_REQUIRE(s[1].is(1) || !NeverEqual(s[1], heads), "axis 1 of input ", i, " must be 1 or ", heads, ", is ", s[1]);
  HASTEN_TRY(c.RequireDims(i, 2, queries, "queries"));
  HASTEN_REQUIRE(!s[3].is_const() || !keys.is_const() || s[3].value() >= keys.value(), "axis 3 of input ", i,
                 " must be ", keys, " at least, is ", s[3]);
  return {};
}

Result<ScoreBias> ScoreBias::Of(const KernelCall& c, int i) {
  ScoreBias b;
  if (!c.has(i)) return b;
  HASTEN_ASSIGN(b.bias_, c.Doubles(i));
  b.dims_ = c.input(i).dims;
  return b;
}

void ScoreBias::Apply(int64_t b, int64_t n, int64_t s, std::span<double> row) const {
  if (bias_.empty()) return;
  const int64_t at = (((dims_[0] == 1 ? 0 : b) * dims_[1] + (dims_[1] == 1 ? 0 : n)) * dims_[2] + s) * dims_[3];
  const size_t count = std::min(row.size(), static_cast<size_t>(dims_[3]));
  for (size_t t = 0; t < count; ++t) row[t] += bias_[static_cast<size_t>(at) + t];
}

Dim AxisOf(const InferCall& c, int i, int axis) {
  return c.has(i) && c.shape(i).ranked() && axis < c.shape(i).rank() ? c.shape(i)[axis] : Dim::Fresh();
}

double ScaleOf(const std::optional<float>& scale, int64_t head) {
  if (scale && *scale != 0) return static_cast<double>(*scale);
  return 1 / std::sqrt(static_cast<double>(std::max<int64_t>(1, head)));
}

}  // namespace hasten::ops::microsoft
