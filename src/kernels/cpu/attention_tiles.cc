// Attention over blocks of queries and keys, with scores that never leave the cache: the running maximum and sum of
// Milakov and Gimelshein, 2018, and the tiling of Dao et al., 2022.
#include "ops/attention.h"

#include <cstring>

#include "kernels/cpu/gemm_block.h"
#include "kernels/cpu/row_kernels.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr int64_t kQueries = 48, kKeys = 256;  // of a block
constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

// Phase 0, a chunk for each head of keys: present keys and values, and both packed.  Phase 1, a chunk for each block of
// queries of a head.
struct Bound {
  HeadLayout q, k, v;  // new keys and values
  int64_t past = 0, total = 0;
  bool has_past = false, has_mask = false, bool_mask = false, has_lengths = false, causal = false;
  bool keeps_present = false;  // outputs 1 and 2 hold all keys and values; else the workspace does, if there is a past
  int64_t left = -1, right = -1;
  int64_t mask_strides[3] = {}, mask_keys = 0;
  float scale = 1, softcap = 0;
  int64_t key_floats = 0, value_floats = 0;  // of one packed block
  int64_t blocks() const { return (total + kKeys - 1) / kKeys; }
  int64_t query_blocks() const { return (q.length + kQueries - 1) / kQueries; }
  int64_t packed_floats() const { return blocks() * (key_floats + value_floats); }
  int64_t gathered_floats() const { return has_past && !keeps_present ? total * (k.size + v.size) : 0; }
  int64_t keys_of(int64_t block) const { return std::min(kKeys, total - block * kKeys); }
};

int64_t AlignFloats(int64_t n) { return (n + 15) / 16 * 16; }

bool Supports(const PlanCall& call) {
  for (size_t i = 0; i < call.in.size(); ++i) {
    if (!call.has(i) || i == 6) continue;
    const bool mask = i == 3 && call.in[i].dtype == DType::kBool;
    if (!call.in[i].is_tensor() || (call.in[i].dtype != DType::kF32 && !mask)) return false;
  }
  return call.out.size() < 4 || !call.out[3].known();
}

Status Bind(const BoundShapes& s, Binding* binding) {
  const auto& a = s.attrs<AttentionAttrs>();
  const auto given = [&](size_t i) { return i < s.in.size() && s.in[i].known(); };
  const auto dims = [&](size_t i) { return *s.in[i].shape.Concrete(); };
  const int64_t kv_heads = a.kv_num_heads.value_or(1);
  Bound b;
  b.q = HeadLayout::Of(dims(0), a.q_num_heads.value_or(1));
  b.k = HeadLayout::Of(dims(1), kv_heads);
  b.v = HeadLayout::Of(dims(2), kv_heads);
  b.has_past = given(4);
  b.past = b.has_past ? dims(4)[2] : 0;
  b.total = b.past + b.k.length;
  b.has_lengths = given(6);
  b.causal = a.is_causal;
  b.left = a.left_window_size;
  b.right = a.right_window_size;
  b.softcap = a.softcap;
  b.scale = a.scale ? *a.scale : static_cast<float>(1 / std::sqrt(static_cast<double>(b.q.size)));
  b.keeps_present = s.out.size() > 2 && s.out[1].known() && s.out[2].known();
  if (given(3)) {
    b.has_mask = true;
    b.bool_mask = s.in[3].dtype == DType::kBool;
    Dims mask = dims(3);
    while (mask.rank() < 4) mask.insert(0, 1);
    b.mask_keys = mask[3];
    int64_t step = mask[3];
    for (size_t i = 3; i-- > 0; step *= mask[i]) b.mask_strides[i] = mask[i] == 1 ? 0 : step;
  }
  const TileKernels& kernels = BestTileKernels();
  b.key_floats = AlignFloats(Panels::Of(kKeys, kernels).floats(b.k.size));
  b.value_floats = AlignFloats(Panels::Of(b.v.size, kernels).floats(kKeys));
  const int64_t heads = b.k.batch * b.k.heads;
  binding->phases = {heads, b.q.batch * b.q.heads * b.query_blocks()};
  binding->workspace_bytes =
      static_cast<size_t>(heads * (b.packed_floats() + AlignFloats(b.gathered_floats()))) * sizeof(float);
  KeepBound(b, binding);
  return {};
}

// The entries of one head: rows of `size` floats, `step` apart.
struct Entries {
  const float* data;
  int64_t step;
};

// All entries of one head, in one place: past ones and new ones are put together where there are past ones, and copied
// where they are wanted.
Entries Collect(const Bound& b, const KernelCall& c, int which, int64_t head, float* gathered) {
  const HeadLayout& layout = which == 1 ? b.k : b.v;
  const float* fresh = c.input(which).as<float>() + layout.At(head / layout.heads, head % layout.heads, 0);
  const int64_t step = layout.packed ? layout.heads * layout.size : layout.size;
  const bool wanted = c.wants(which);
  if (!b.has_past && !wanted) return {fresh, step};
  float* to = wanted ? c.output(which).as<float>() + head * b.total * layout.size : gathered;
  const auto bytes = static_cast<size_t>(layout.size) * sizeof(float);
  if (b.past > 0)
    std::memcpy(to, c.input(which + 3).as<float>() + head * b.past * layout.size, static_cast<size_t>(b.past) * bytes);
  for (int64_t t = 0; t < layout.length; ++t) std::memcpy(to + (b.past + t) * layout.size, fresh + t * step, bytes);
  return {to, layout.size};
}

float* PackedOf(const Bound& b, const KernelCall& c, int64_t head) {
  return reinterpret_cast<float*>(c.workspace) + head * b.packed_floats();
}

void PackHead(const Bound& b, const KernelCall& c, int64_t head) {
  const TileKernels& kernels = BestTileKernels();
  float* packed = PackedOf(b, c, head);
  float* gathered = reinterpret_cast<float*>(c.workspace) + b.k.batch * b.k.heads * b.packed_floats() +
                    head * AlignFloats(b.gathered_floats());
  const Entries keys = Collect(b, c, 1, head, gathered);
  const Entries values = Collect(b, c, 2, head, gathered + b.total * b.k.size);
  const Panels value_panels = Panels::Of(b.v.size, kernels);
  for (int64_t block = 0; block < b.blocks(); ++block) {
    const int64_t n = b.keys_of(block), from = block * kKeys;
    float* to = packed + block * (b.key_floats + b.value_floats);
    const Panels key_panels = Panels::Of(n, kernels);
    PackPanels(key_panels, {keys.data + from * keys.step, {}, 1, keys.step}, b.k.size, 0, key_panels.count, to);
    PackPanels(value_panels, {values.data + from * values.step, {}, values.step, 1}, n, 0, value_panels.count,
               to + b.key_floats);
  }
}

// Keys [first, last) take part for query i.
struct Range {
  int64_t first, last;
};
Range KeysOf(const Bound& b, int64_t valid, int64_t i) {
  const int64_t at = i + (b.has_lengths ? valid - b.q.length : b.past);
  Range r{0, b.has_lengths ? std::min(valid, b.total) : b.total};
  if (b.causal) r.last = std::min(r.last, at + 1);
  if (b.right >= 0 && b.right < r.last - at) r.last = std::min(r.last, at + b.right + 1);
  if (b.left >= 0 && b.left <= at) r.first = at - b.left;
  return r;
}

// Scores of one query over keys [from, from + n): capped, masked, -inf outside `keys`.
void Mask(const Bound& b, const KernelCall& c, int64_t batch, int64_t head, int64_t i, Range keys, int64_t from,
          int64_t n, float* scores) {
  if (b.softcap > 0)
    for (int64_t j = 0; j < n; ++j) scores[j] = b.softcap * std::tanh(scores[j] / b.softcap);
  if (b.has_mask) {
    const int64_t at = batch * b.mask_strides[0] + head * b.mask_strides[1] + i * b.mask_strides[2] + from;
    const int64_t have = std::clamp<int64_t>(b.mask_keys - from, 0, n);
    if (b.bool_mask) {
      const auto* mask = c.input(3).as<uint8_t>() + at;
      for (int64_t j = 0; j < have; ++j) scores[j] = mask[j] ? scores[j] : kMinusInfinity;
    } else {
      AddRows(scores, c.input(3).as<float>() + at, have, scores);
    }
    std::fill(scores + have, scores + n, kMinusInfinity);
  }
  std::fill(scores, scores + std::clamp<int64_t>(keys.first - from, 0, n), kMinusInfinity);
  std::fill(scores + std::clamp<int64_t>(keys.last - from, 0, n), scores + n, kMinusInfinity);
}

// A block of queries of one head, and what is known of it after some blocks of keys.
struct Queries {
  int64_t batch, head, first, count;
  std::span<const float*> rows;  // of q, then of the scores
  std::span<float> scores, out;  // [count, kKeys], [count, value size]
  float top[kQueries];           // the largest score so far
  double sum[kQueries];          // of exp(score - top)
};

void AttendBlock(const Bound& b, const KernelCall& c, Queries* q, int64_t valid, int64_t block) {
  const TileKernels& kernels = BestTileKernels();
  const float* packed = PackedOf(b, c, q->batch * b.k.heads + q->head / (b.q.heads / b.k.heads)) +
                        block * (b.key_floats + b.value_floats);
  const int64_t from = block * kKeys, n = b.keys_of(block);
  BlockCall scores{.kernels = &kernels, .panels = Panels::Of(n, kernels), .b = packed, .length = b.q.size};
  scores.last_panel = scores.panels.count;
  scores.tiles = RowTiles::Of(q->count, kernels.rows);
  scores.a = q->rows.data();
  scores.c = q->scores.data();
  scores.c_step = kKeys;
  scores.tail.scale = b.scale;
  MultiplyBlock(scores);
  for (int64_t r = 0; r < q->count; ++r) {
    const auto at = static_cast<size_t>(r);
    float *s = q->scores.data() + r * kKeys, *out = q->out.data() + r * b.v.size;
    Mask(b, c, q->batch, q->head, q->first + r, KeysOf(b, valid, q->first + r), from, n, s);
    const float top = std::max(q->top[at], static_cast<float>(FoldRow(Fold::kMax, s, n)));
    if (top == kMinusInfinity) {
      std::fill(s, s + n, 0.0f);
      continue;
    }
    const float shrink = std::exp(q->top[at] - top);
    q->sum[at] = q->sum[at] * static_cast<double>(shrink) + ExpRow(s, n, top, s);
    if (shrink != 1) AffineRow(out, b.v.size, 0, shrink, 0, out);
    q->top[at] = top;
  }
  BlockCall mix{.kernels = &kernels, .panels = Panels::Of(b.v.size, kernels), .b = packed + b.key_floats, .length = n};
  mix.last_panel = mix.panels.count;
  mix.tiles = scores.tiles;
  mix.a = q->rows.data() + q->count;
  mix.c = q->out.data();
  mix.c_step = b.v.size;
  mix.tail.residual = mix.c;  // what earlier blocks gave is added
  mix.tail.residual_step = b.v.size;
  MultiplyBlock(mix);
}

Status Attend(const Bound& b, const KernelCall& c) {
  const int64_t head = c.chunk / b.query_blocks();
  Queries q;
  q.batch = head / b.q.heads;
  q.head = head % b.q.heads;
  q.first = c.chunk % b.query_blocks() * kQueries;
  q.count = std::min(kQueries, b.q.length - q.first);
  HASTEN_ASSIGN(q.rows, c.Scratch<const float*>(2 * q.count));
  HASTEN_ASSIGN(q.scores, c.Scratch<float>(q.count * kKeys));
  HASTEN_ASSIGN(q.out, c.Scratch<float>(q.count * b.v.size));
  std::fill(q.out.begin(), q.out.end(), 0.0f);
  for (int64_t r = 0; r < q.count; ++r) {
    const auto at = static_cast<size_t>(r);
    q.rows[at] = c.input(0).as<float>() + b.q.At(q.batch, q.head, q.first + r);
    q.rows[static_cast<size_t>(q.count + r)] = q.scores.data() + r * kKeys;
    q.top[at] = kMinusInfinity;
    q.sum[at] = 0;
  }
  int64_t valid = b.total;
  if (b.has_lengths) {
    valid = c.input(6).Int(q.batch);
    HASTEN_REQUIRE(valid >= 0 && valid <= b.k.length, "nonpad_kv_seqlen must be in [0, ", b.k.length, "], one is ",
                   valid);
  }
  // Later queries see later keys: the first and the last query bound them all.
  const int64_t begin = KeysOf(b, valid, q.first).first, end = KeysOf(b, valid, q.first + q.count - 1).last;
  for (int64_t block = std::max<int64_t>(0, begin) / kKeys; block * kKeys < std::min(end, b.total); ++block)
    AttendBlock(b, c, &q, valid, block);
  HeadLayout y = b.q;
  y.size = b.v.size;
  for (int64_t r = 0; r < q.count; ++r) {
    const double sum = q.sum[static_cast<size_t>(r)];
    AffineRow(q.out.data() + r * b.v.size, b.v.size, 0, sum == 0 ? 0 : static_cast<float>(1 / sum), 0,
              c.output(0).as<float>() + y.At(q.batch, q.head, q.first + r));
  }
  return {};
}

Status Run(KernelCall& c) {
  const auto& b = *reinterpret_cast<const Bound*>(c.bound);
  if (c.phase == 1) return Attend(b, c);
  PackHead(b, c, c.chunk);
  return {};
}

constexpr std::string_view kOps[] = {"Attention"};

}  // namespace

extern const Tactic kAttentionTiles = {
    .name = "attention_tiles",
    .ops = kOps,
    .supports = Supports,
    .bound = 64,
    .numerics = Numerics::kReassociated,
    .speed = 30,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
