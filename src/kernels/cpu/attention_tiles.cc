// Attention of the standard, on tiles.
#include "ops/attention.h"

#include "kernels/cpu/row_kernels.h"
#include "kernels/cpu/tile_attention.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

// Phase 0: present keys and values, and both packed.  Phase 1: queries.
struct Bound {
  TileAttention tiles;
  HeadLayout q, k, v;  // new keys and values
  int64_t past = 0;
  bool has_past = false, has_mask = false, bool_mask = false, has_lengths = false, causal = false;
  bool keeps_present = false;  // outputs 1 and 2 hold all keys and values; else the workspace does, if there is a past
  int64_t left = -1, right = -1;
  int64_t mask_strides[3] = {}, mask_keys = 0;
  int64_t gathered_floats() const { return has_past && !keeps_present ? tiles.keys * (k.size + v.size) : 0; }
};

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
  b.has_lengths = given(6);
  b.causal = a.is_causal;
  b.left = a.left_window_size;
  b.right = a.right_window_size;
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
  b.tiles = {.batch = b.q.batch, .heads = b.q.heads, .kv_heads = b.k.heads, .queries = b.q.length};
  b.tiles.keys = b.past + b.k.length;
  b.tiles.size = b.q.size;
  b.tiles.value_size = b.v.size;
  b.tiles.softcap = a.softcap;
  b.tiles.scale = a.scale ? *a.scale : static_cast<float>(1 / std::sqrt(static_cast<double>(b.q.size)));
  b.tiles.Finish();
  binding->phases = {b.tiles.packing_chunks(), b.tiles.attending_chunks()};
  binding->workspace_bytes =
      static_cast<size_t>(b.tiles.workspace_floats() + b.tiles.packing_chunks() * b.gathered_floats()) * sizeof(float);
  KeepBound(b, binding);
  return {};
}

// All entries of one head, in one place: past ones and new ones are put together where there are past ones, and copied
// where they are wanted.
Entries Collect(const Bound& b, const KernelCall& c, int which, int64_t head, float* gathered) {
  const HeadLayout& layout = which == 1 ? b.k : b.v;
  const float* first = c.input(which).as<float>() + layout.At(head / layout.heads, head % layout.heads, 0);
  const Entries fresh{first, layout.packed ? layout.heads * layout.size : layout.size};
  const bool wanted = c.wants(which);
  if (!b.has_past && !wanted) return fresh;
  float* to = wanted ? c.output(which).as<float>() + head * b.tiles.keys * layout.size : gathered;
  const float* past = b.past > 0 ? c.input(which + 3).as<float>() + head * b.past * layout.size : nullptr;
  JoinEntries(past, b.past, fresh, layout.length, layout.size, nullptr, to);
  return {to, layout.size};
}

void Pack(const Bound& b, const KernelCall& c, int64_t head) {
  auto* workspace = reinterpret_cast<float*>(c.workspace);
  float* gathered = workspace + b.tiles.workspace_floats() + head * b.gathered_floats();
  const Entries keys = Collect(b, c, 1, head, gathered);
  const Entries values = Collect(b, c, 2, head, gathered + b.tiles.keys * b.k.size);
  PackHead(b.tiles, keys, values, b.tiles.keys, head, workspace);
}

struct Rules {
  const Bound* b;
  const void* mask;
  int64_t valid;
};

KeyRange KeysOf(const void* context, int64_t, int64_t i) {
  const auto& [bound, mask, valid] = *static_cast<const Rules*>(context);
  const Bound& b = *bound;
  const int64_t at = i + (b.has_lengths ? valid - b.q.length : b.past);
  KeyRange r{0, b.has_lengths ? std::min(valid, b.tiles.keys) : b.tiles.keys};
  if (b.causal) r.last = std::min(r.last, at + 1);
  if (b.right >= 0 && b.right < r.last - at) r.last = std::min(r.last, at + b.right + 1);
  if (b.left >= 0 && b.left <= at) r.first = at - b.left;
  return r;
}

void Mask(const void* context, int64_t batch, int64_t head, int64_t i, const KeyRange&, int64_t from, int64_t n,
          float* scores) {
  const auto& [bound, data, valid] = *static_cast<const Rules*>(context);
  const Bound& b = *bound;
  const int64_t at = batch * b.mask_strides[0] + head * b.mask_strides[1] + i * b.mask_strides[2] + from;
  const int64_t have = std::clamp<int64_t>(b.mask_keys - from, 0, n);
  if (b.bool_mask) {
    const auto* mask = static_cast<const uint8_t*>(data) + at;
    for (int64_t j = 0; j < have; ++j) scores[j] = mask[j] ? scores[j] : kMinusInfinity;
  } else {
    AddRows(scores, static_cast<const float*>(data) + at, have, scores);
  }
  std::fill(scores + have, scores + n, kMinusInfinity);
}

HeadRows RowsOf(const HeadLayout& l, const float* data) {
  if (l.packed) return {data, l.length * l.heads * l.size, l.size, l.heads * l.size};
  return {data, l.heads * l.length * l.size, l.length * l.size, l.size};
}

Status Attend(const Bound& b, const KernelCall& c) {
  const int64_t batch = c.chunk / (b.tiles.attending_chunks() / b.q.batch);
  Rules rules{&b, b.has_mask ? c.input(3).data : nullptr, b.tiles.keys};
  if (b.has_lengths) {
    rules.valid = c.input(6).Int(batch);
    HASTEN_REQUIRE(rules.valid >= 0 && rules.valid <= b.k.length, "nonpad_kv_seqlen must be in [0, ", b.k.length,
                   "], one is ", rules.valid);
  }
  const ScoreRules score{.context = &rules, .keys = KeysOf, .change = b.has_mask ? Mask : nullptr};
  HeadLayout y = b.q;
  y.size = b.v.size;
  return AttendTiles(b.tiles, c, c.chunk, score, RowsOf(b.q, c.input(0).as<float>()), b.tiles.keys,
                     reinterpret_cast<const float*>(c.workspace), RowsOf(y, c.output(0).as<float>()));
}

Status Run(KernelCall& c) {
  const auto& b = *reinterpret_cast<const Bound*>(c.bound);
  if (c.phase == 1) return Attend(b, c);
  Pack(b, c, c.chunk);
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
