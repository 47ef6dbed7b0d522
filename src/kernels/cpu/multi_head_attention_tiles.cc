#include "ops/microsoft/multi_head_attention.h"

#include "kernels/cpu/head_masks.h"
#include "kernels/cpu/row_kernels.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;
using ops::microsoft::MultiHeadAttrs;
using enum MultiHeadAttrs::Input;

bool Supports(const PlanCall& call) {
  for (size_t i = 0; i < call.in.size(); ++i)
    if (call.has(i) && i != kMask && (!call.in[i].is_tensor() || call.in[i].dtype != DType::kF32)) return false;
  if (!call.in[kQuery].shape.ranked() || (call.has(kKey) && !call.in[kKey].shape.ranked())) return false;
  if (call.out.size() > 3 && call.out[3].known()) return false;  // the scores
  return HeadMaskSupported(call, kMask, kScoreBias);
}

// Phase 0: present keys and values, and both packed.  Phase 1: queries.
struct Bound {
  TileAttention tiles;
  HeadMask mask;
  HeadRows q, k, v;                  // data: null
  int64_t key_at = 0, value_at = 0;  // floats from the start of their inputs
  int value_input = kValue, key_input = kKey;
  int64_t past = 0, fresh = 0;
  bool adds_bias = false;  // to keys and values
  bool joins = false;      // keys and values are put together, or changed
  int64_t gathered_floats() const { return joins ? tiles.keys * (tiles.size + tiles.value_size) : 0; }
};

// Where the heads of queries, keys and values lie, and their sizes.
void BindOperands(const BoundShapes& s, int64_t heads, Bound* b) {
  const auto dims = [&](size_t i) { return *s.in[i].shape.Concrete(); };
  const Dims q = dims(kQuery);
  TileAttention& t = b->tiles;
  t.batch = q[0];
  t.heads = t.kv_heads = heads;
  t.queries = b->fresh = q[1];
  if (q.rank() == 5) {
    const int64_t h = t.size = t.value_size = q[4], row = heads * 3 * h;
    b->q = b->k = b->v = {nullptr, q[1] * row, 3 * h, row};
    b->key_input = b->value_input = kQuery;
    b->key_at = h;
    b->value_at = 2 * h;
    return;
  }
  const int64_t h = t.size = t.value_size = q[2] / heads;
  b->q = {nullptr, q[1] * q[2], h, q[2]};
  const Dims k = dims(kKey);
  if (k.rank() == 5) {
    const int64_t row = heads * 2 * h;
    b->fresh = k[1];
    b->k = b->v = {nullptr, k[1] * row, 2 * h, row};
    b->value_input = kKey;
    b->value_at = h;
    return;
  }
  const Dims v = dims(kValue);
  b->fresh = k[k.rank() == 4 ? 2 : 1];
  if (k.rank() == 4) {
    t.value_size = v[3];
    b->k = {nullptr, heads * b->fresh * h, b->fresh * h, h};
    b->v = {nullptr, heads * b->fresh * v[3], b->fresh * v[3], v[3]};
    return;
  }
  t.value_size = v[2] / heads;
  b->k = {nullptr, b->fresh * q[2], h, q[2]};
  b->v = {nullptr, b->fresh * v[2], t.value_size, v[2]};
}

Status Bind(const BoundShapes& s, Binding* binding) {
  const auto& a = s.attrs<MultiHeadAttrs>();
  const auto given = [&](size_t i) { return i < s.in.size() && s.in[i].known(); };
  Bound b;
  BindOperands(s, a.num_heads, &b);
  b.past = given(kPastKey) ? (*s.in[kPastKey].shape.Concrete())[2] : 0;
  b.adds_bias = given(kBias) && !(given(kKey) && s.in[kKey].shape.rank() == 4);
  b.joins = given(kPastKey) || b.adds_bias;
  TileAttention& t = b.tiles;
  t.keys = b.past + b.fresh;
  t.scale = a.scale && *a.scale != 0
                ? *a.scale
                : static_cast<float>(1 / std::sqrt(static_cast<double>(std::max<int64_t>(1, t.size))));
  t.Finish();
  b.mask = {.batch = t.batch, .queries = t.queries, .keys = t.keys, .past = b.past};
  b.mask.causal = a.unidirectional;
  b.mask.filter = a.mask_filter_value;
  if (given(kMask)) HASTEN_TRY(b.mask.BindMask(s.in[kMask]));
  if (given(kScoreBias)) b.mask.BindBias(*s.in[kScoreBias].shape.Concrete());
  binding->phases = {t.packing_chunks(), t.attending_chunks()};
  binding->workspace_bytes =
      static_cast<size_t>(t.workspace_floats() + t.packing_chunks() * b.gathered_floats()) * sizeof(float);
  KeepBound(b, binding);
  return {};
}

// Keys (1) or values (2) of one head, in one place.
Entries Collect(const Bound& b, const KernelCall& c, int which, int64_t head, float* gathered) {
  const bool keys = which == 1;
  const HeadRows& rows = keys ? b.k : b.v;
  const int64_t size = keys ? b.tiles.size : b.tiles.value_size, n = head % b.tiles.heads;
  const float* data = c.input(keys ? b.key_input : b.value_input).as<float>() + (keys ? b.key_at : b.value_at);
  const Entries fresh{data + head / b.tiles.heads * rows.batch + n * rows.head, rows.row};
  const bool wanted = c.wants(which);
  if (!b.joins && !wanted) return fresh;
  float* to = wanted ? c.output(which).as<float>() + head * b.tiles.keys * size : gathered;
  const float* past = b.past > 0 ? c.input(keys ? kPastKey : kPastValue).as<float>() + head * b.past * size : nullptr;
  const int64_t at = b.tiles.heads * b.tiles.size * which + n * size;  // behind the queries' and the keys' bias
  JoinEntries(past, b.past, fresh, b.fresh, size, b.adds_bias ? c.input(kBias).as<float>() + at : nullptr, to);
  return {to, size};
}

void Pack(const Bound& b, const KernelCall& c, int64_t head) {
  auto* workspace = reinterpret_cast<float*>(c.workspace);
  float* gathered = workspace + b.tiles.workspace_floats() + head * b.gathered_floats();
  const Entries keys = Collect(b, c, 1, head, gathered);
  const Entries values = Collect(b, c, 2, head, gathered + (b.joins ? b.tiles.keys * b.tiles.size : 0));
  PackHead(b.tiles, keys, values, b.tiles.keys, head, workspace);
}

struct Rules : HeadMaskRules {
  const float* query_bias = nullptr;
  int64_t size = 0;
};
Status AddQueryBias(const void* context, int64_t, int64_t head, int64_t, const float* from, float* to) {
  const auto& r = static_cast<const Rules&>(*static_cast<const HeadMaskRules*>(context));
  AddRows(from, r.query_bias + head * r.size, r.size, to);
  return {};
}

Status Run(KernelCall& c) {
  const auto& b = *reinterpret_cast<const Bound*>(c.bound);
  if (c.phase == 0) {
    Pack(b, c, c.chunk);
    return {};
  }
  Rules r;
  r.is = &b.mask;
  if (c.has(kMask)) r.mask = c.input(kMask).as<int32_t>();
  if (c.has(kScoreBias)) r.bias = c.input(kScoreBias).as<float>();
  r.size = b.tiles.size;
  ScoreRules rules = r.rules();
  if (c.has(kBias)) {
    r.query_bias = c.input(kBias).as<float>();
    rules.query = AddQueryBias;
  }
  HeadRows q = b.q;
  q.data = c.input(kQuery).as<float>();
  const int64_t width = b.tiles.heads * b.tiles.value_size;
  const HeadRows y{c.output(0).as<float>(), b.tiles.queries * width, b.tiles.value_size, width};
  return AttendTiles(b.tiles, c, c.chunk, rules, q, b.tiles.keys, reinterpret_cast<const float*>(c.workspace), y);
}

constexpr std::string_view kOps[] = {"com.microsoft.MultiHeadAttention"};

}  // namespace

extern const Tactic kMultiHeadAttentionTiles = {
    .name = "multi_head_attention_tiles",
    .ops = kOps,
    .supports = Supports,
    .bound = 64,
    .numerics = Numerics::kReassociated,
    .speed = 30,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
