#include "kernels/cpu/tile_attention.h"

#include <cstring>

#include "kernels/cpu/row_kernels.h"

namespace hasten::cpu {
namespace {

constexpr int64_t kQueries = 48, kKeys = 256;  // of a block
constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

int64_t AlignFloats(int64_t n) { return (n + 15) / 16 * 16; }

// A block of queries of one head, and what is known of it after some blocks of keys.
struct Queries {
  int64_t batch, head, first, count;
  std::span<const float*> rows;  // of q, then of the scores
  std::span<float> scores, out;  // [count, kKeys], [count, value size]
  KeyRange keys[kQueries];
  float top[kQueries];   // the largest score so far
  double sum[kQueries];  // of exp(score - top)
};

void Limit(const KeyRange& keys, int64_t from, int64_t n, float* scores) {
  std::fill(scores, scores + std::clamp<int64_t>(keys.first - from, 0, n), kMinusInfinity);
  std::fill(scores + std::clamp<int64_t>(keys.last - from, 0, n), scores + n, kMinusInfinity);
}

// Scores of a row become weights to the scale of `top`; what earlier blocks gave is brought to it.
void Weigh(const TileAttention& t, Queries* q, int64_t r, int64_t n) {
  const auto at = static_cast<size_t>(r);
  float *s = q->scores.data() + r * kKeys, *out = q->out.data() + r * t.value_size;
  const auto most = static_cast<float>(FoldRow(Fold::kMax, s, n));
  const float top = q->top[at] >= most ? q->top[at] : most;  // NaN stays
  if (top == kMinusInfinity) {
    std::fill(s, s + n, 0.0f);
    return;
  }
  const float shrink = std::exp(q->top[at] - top);
  q->sum[at] = q->sum[at] * static_cast<double>(shrink) + ExpRow(s, n, top, s);
  if (shrink != 1) AffineRow(out, t.value_size, 0, shrink, 0, out);
  q->top[at] = top;
}

void AttendBlock(const TileAttention& t, const ScoreRules& rules, Queries* q, int64_t count, int64_t block,
                 const float* packed) {
  const TileKernels& kernels = BestTileKernels();
  const int64_t from = block * kKeys, n = std::min(kKeys, count - from);
  BlockCall scores{.kernels = &kernels, .panels = Panels::Of(n, kernels), .b = packed, .length = t.size};
  scores.last_panel = scores.panels.count;
  scores.tiles = RowTiles::Of(q->count, kernels.rows);
  scores.a = q->rows.data();
  scores.c = q->scores.data();
  scores.c_step = kKeys;
  scores.tail.scale = t.scale;
  MultiplyBlock(scores);
  for (int64_t r = 0; r < q->count; ++r) {
    float* s = q->scores.data() + r * kKeys;
    const KeyRange& keys = q->keys[static_cast<size_t>(r)];
    if (t.softcap > 0)
      for (int64_t j = 0; j < n; ++j) s[j] = t.softcap * std::tanh(s[j] / t.softcap);
    if (rules.change) rules.change(rules.context, q->batch, q->head, q->first + r, keys, from, n, s);
    Limit(keys, from, n, s);
    Weigh(t, q, r, n);
  }
  BlockCall mix{.kernels = &kernels, .panels = Panels::Of(t.value_size, kernels), .b = packed + t.key_floats};
  mix.length = n;
  mix.last_panel = mix.panels.count;
  mix.tiles = scores.tiles;
  mix.a = q->rows.data() + q->count;
  mix.c = q->out.data();
  mix.c_step = t.value_size;
  mix.accumulate = true;  // to what earlier blocks gave
  MultiplyBlock(mix);
}

Status Start(const TileAttention& t, const KernelCall& c, int64_t chunk, const ScoreRules& rules, const HeadRows& from,
             Queries* q) {
  const int64_t per_head = t.attending_chunks() / (t.batch * t.heads), head = chunk / per_head;
  q->batch = head / t.heads;
  q->head = head % t.heads;
  q->first = chunk % per_head * kQueries;
  q->count = std::min(kQueries, t.queries - q->first);
  HASTEN_ASSIGN(q->rows, c.Scratch<const float*>(2 * q->count));
  HASTEN_ASSIGN(q->scores, c.Scratch<float>(q->count * kKeys));
  HASTEN_ASSIGN(q->out, c.Scratch<float>(q->count * t.value_size));
  std::fill(q->out.begin(), q->out.end(), 0.0f);
  std::span<float> copies;
  if (rules.query) {
    HASTEN_ASSIGN(copies, c.Scratch<float>(q->count * t.size));
  }
  for (int64_t r = 0; r < q->count; ++r) {
    const auto at = static_cast<size_t>(r);
    q->rows[at] = from.At(q->batch, q->head, q->first + r);
    if (rules.query) {
      float* to = copies.data() + r * t.size;
      HASTEN_TRY(rules.query(rules.context, q->batch, q->head, q->first + r, q->rows[at], to));
      q->rows[at] = to;
    }
    q->rows[static_cast<size_t>(q->count + r)] = q->scores.data() + r * kKeys;
    q->keys[at] = rules.keys(rules.context, q->batch, q->first + r);
    q->top[at] = rules.sinks ? rules.sinks[q->head] : kMinusInfinity;
    q->sum[at] = rules.sinks && q->top[at] != kMinusInfinity ? 1 : 0;
  }
  return {};
}

}  // namespace

void TileAttention::Finish() {
  const TileKernels& kernels = BestTileKernels();
  key_floats = AlignFloats(Panels::Of(kKeys, kernels).floats(size));
  value_floats = AlignFloats(Panels::Of(value_size, kernels).floats(kKeys));
}

int64_t TileAttention::blocks() const { return (keys + kKeys - 1) / kKeys; }

int64_t TileAttention::attending_chunks() const { return batch * heads * ((queries + kQueries - 1) / kQueries); }

void PackHead(const TileAttention& t, const Entries& keys, const Entries& values, int64_t count, int64_t head,
              float* workspace) {
  const TileKernels& kernels = BestTileKernels();
  float* packed = workspace + head * t.packed_floats();
  const Panels value_panels = Panels::Of(t.value_size, kernels);
  for (int64_t from = 0; from < count; from += kKeys) {
    const int64_t n = std::min(kKeys, count - from);
    float* to = packed + from / kKeys * (t.key_floats + t.value_floats);
    const Panels key_panels = Panels::Of(n, kernels);
    PackPanels(key_panels, {keys.data + from * keys.step, {}, 1, keys.step}, t.size, 0, key_panels.count, to);
    PackPanels(value_panels, {values.data + from * values.step, {}, values.step, 1}, n, 0, value_panels.count,
               to + t.key_floats);
  }
}

Status AttendTiles(const TileAttention& t, const KernelCall& c, int64_t chunk, const ScoreRules& rules,
                   const HeadRows& from, int64_t count, const float* workspace, const HeadRows& y) {
  Queries q;
  HASTEN_TRY(Start(t, c, chunk, rules, from, &q));
  int64_t begin = count, end = 0;
  for (int64_t r = 0; r < q.count; ++r) {
    const KeyRange& keys = q.keys[static_cast<size_t>(r)];
    if (keys.first >= keys.last) continue;
    begin = std::min(begin, keys.first);
    end = std::max(end, keys.last);
  }
  const int64_t head = q.batch * t.kv_heads + q.head / (t.heads / t.kv_heads);
  for (int64_t block = std::max<int64_t>(0, begin) / kKeys; block * kKeys < std::min(end, count); ++block)
    AttendBlock(t, rules, &q, count, block,
                workspace + head * t.packed_floats() + block * (t.key_floats + t.value_floats));
  for (int64_t r = 0; r < q.count; ++r) {
    const double sum = q.sum[static_cast<size_t>(r)];
    AffineRow(q.out.data() + r * t.value_size, t.value_size, 0, sum == 0 ? 0 : static_cast<float>(1 / sum), 0,
              const_cast<float*>(y.At(q.batch, q.head, q.first + r)));
  }
  return {};
}

void JoinEntries(const float* past, int64_t past_count, const Entries& fresh, int64_t fresh_count, int64_t size,
                 const float* bias, float* to) {
  const auto bytes = static_cast<size_t>(size) * sizeof(float);
  if (past_count > 0) std::memcpy(to, past, static_cast<size_t>(past_count) * bytes);
  for (int64_t t = 0; t < fresh_count; ++t) {
    float* row = to + (past_count + t) * size;
    if (bias)
      AddRows(fresh.data + t * fresh.step, bias, size, row);
    else
      std::memcpy(row, fresh.data + t * fresh.step, bytes);
  }
}

}  // namespace hasten::cpu
