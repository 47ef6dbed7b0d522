// Attention over heads, for references: scores, what becomes of them, and the sum of values.
#pragma once
#include "ops/op.h"

namespace hasten::ops::microsoft {

// Vectors of heads in double: that of (b, n, s) begins at data[b * batch + n * head + s * row].
struct Heads {
  double* data = nullptr;
  int64_t batch = 0, head = 0, row = 0;
  double* At(int64_t b, int64_t n, int64_t s) const { return data + b * batch + n * head + s * row; }
};
// [B, S, N, H], where rows are `row` elements apart; [B, N, S, H].
inline Heads RowMajorHeads(double* data, int64_t rows, int64_t row, int64_t size) {
  return {data, rows * row, size, row};
}
inline Heads HeadMajorHeads(double* data, int64_t heads, int64_t rows, int64_t size) {
  return {data, heads * rows * size, rows * size, size};
}

// Keys have `kv_heads` heads, each of which serves heads / kv_heads in a row.
struct AttentionSizes {
  int64_t batch = 0, heads = 0, kv_heads = 0, queries = 0, past = 0, keys = 0, head = 0, value_head = 0;
  double scale = 0;
};

// q . k * scale for all keys.
void Scores(const AttentionSizes& z, const Heads& q, const Heads& k, int64_t b, int64_t n, int64_t s,
            std::span<double> row);
// y = sum of row[t] * v[t].
void WeighValues(const AttentionSizes& z, const Heads& v, int64_t b, int64_t n, std::span<const double> row, double* y);

// Every row of scores becomes weights by f(b, n, s, row), and these the sum of values.
template <class F>
Status Attend(const KernelCall& c, const AttentionSizes& z, const Heads& q, const Heads& k, const Heads& v,
              const Heads& y, F f) {
  HASTEN_ASSIGN(const auto row, c.Scratch<double>(z.keys));
  for (int64_t b = 0; b < z.batch; ++b)
    for (int64_t n = 0; n < z.heads; ++n)
      for (int64_t s = 0; s < z.queries; ++s) {
        if (c.stopped()) return Status(Code::kCancelled, "stopped");
        Scores(z, q, k, b, n, s, row);
        f(b, n, s, row);
        WeighValues(z, v, b, n, row, y.At(b, n, s));
      }
  return {};
}

// exp(x) / (sum of exp(x) + exp(sink)).  Entries of -infinity become 0; a row without others too.
void SoftmaxRow(std::span<double> row, std::optional<double> sink = std::nullopt);

// [B, kv_heads, keys, size] in scratch: z.past entries of `past` (null: none) from its element `at` on, then those of
// `fresh`.
Result<Heads> JoinPast(const KernelCall& c, const AttentionSizes& z, int64_t size, const Tensor* past, int64_t at,
                       const Heads& fresh);

// Which keys a query may look at.  Masks: i32 [B] ends, [2 * B] ends and starts, [3 * B + 2] lengths first, [B, T], [B,
// S, T].
class AttentionMask {
 public:
  // Mask input `i`; what it hides gets `filter` added, what lies ahead where `causal` the lowest float.
  static Result<AttentionMask> Of(const KernelCall& c, int i, const AttentionSizes& z, bool causal, float filter);
  void Apply(int64_t b, int64_t s, std::span<double> row) const;

 private:
  bool Hides(int64_t b, int64_t s, int64_t t) const;
  std::span<const int64_t> mask_;
  int rank_ = 0;
  AttentionSizes z_;
  bool causal_ = false, starts_ = false;
  double filter_ = 0;
};
Status RequireMask(const InferCall& c, int i, const Dim& batch, const Dim& queries, const Dim& keys);

// A term [B or 1, N or 1, S, T] of the scores.
Status RequireScoreBias(const InferCall& c, int i, const Dim& batch, const Dim& heads, const Dim& queries,
                        const Dim& keys);
class ScoreBias {
 public:
  static Result<ScoreBias> Of(const KernelCall& c, int i);
  void Apply(int64_t b, int64_t n, int64_t s, std::span<double> row) const;

 private:
  std::span<const double> bias_;
  Dims dims_;
};

// Axis of input i where its rank is known, else a fresh symbol.
Dim AxisOf(const InferCall& c, int i, int axis);
double ScaleOf(const std::optional<float>& scale, int64_t head);

}  // namespace hasten::ops::microsoft
