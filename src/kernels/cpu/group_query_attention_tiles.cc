#include "ops/microsoft/group_query_attention.h"

#include <cstring>

#include "kernels/cpu/row_kernels.h"
#include "kernels/cpu/tile_attention.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;
using ops::microsoft::GroupQueryAttrs;
using enum GroupQueryAttrs::Input;

bool Supports(const PlanCall& call) {
  for (size_t i = 0; i < call.in.size(); ++i) {
    if (!call.has(i) || i == kTotal) continue;
    const bool integers = i == kLengths || i == kPositions;
    if (!call.in[i].is_tensor() || (!integers && call.in[i].dtype != DType::kF32)) return false;
  }
  for (size_t i : {kKeyScale, kValueScale})
    if (call.has(i)) return false;
  if (call.out.size() < 3 || !call.out[1].known() || !call.out[2].known()) return false;
  return call.out.size() < 4 || !call.out[3].known();
}

// Phase 0: the cache with the new entries, and it packed.  Phase 1: queries.
struct Bound {
  TileAttention tiles;  // keys: places of the cache
  int64_t past = 0;     // places of the past
  int64_t width = 0, kv_width = 0;
  bool packed = false;              // keys and values lie behind the queries
  int64_t half = 0, positions = 0;  // of the tables of angles
  bool turns = false, interleaved = false, causal = true;
  int64_t window = -1;
  float epsilon = 0;
  int64_t bias_batch = 0, bias_head = 0, bias_row = 0, bias_keys = 0;
};

Status Bind(const BoundShapes& s, Binding* binding) {
  const auto& a = s.attrs<GroupQueryAttrs>();
  const auto given = [&](size_t i) { return i < s.in.size() && s.in[i].known(); };
  const auto dims = [&](size_t i) { return *s.in[i].shape.Concrete(); };
  const Dims q = dims(kQuery);
  Bound b;
  b.packed = !given(kKey);
  b.width = q[2];
  b.kv_width = b.packed ? q[2] : dims(kKey)[2];
  TileAttention& t = b.tiles;
  t = {.batch = q[0], .heads = a.num_heads, .kv_heads = a.kv_num_heads, .queries = q[1]};
  t.size = t.value_size = q[2] / (b.packed ? a.num_heads + 2 * a.kv_num_heads : a.num_heads);
  const auto cache = s.out[1].shape.Concrete();
  HASTEN_REQUIRE(cache, "the total sequence length must be known when shapes are bound");
  t.keys = (*cache)[2];
  const auto size = static_cast<double>(std::max<int64_t>(1, t.size));
  t.scale = a.scale && *a.scale != 0 ? *a.scale : static_cast<float>(1 / std::sqrt(size));
  t.softcap = a.softcap;
  t.Finish();
  b.past = given(kPastKey) ? dims(kPastKey)[2] : 0;
  b.turns = a.do_rotary;
  b.interleaved = a.rotary_interleaved;
  b.causal = a.causal != 0;
  b.window = a.local_window_size;
  b.epsilon = a.qk_norm_epsilon;
  if (b.turns) {
    b.positions = dims(kCos)[0];
    b.half = dims(kCos)[1];
  }
  if (given(kScoreBias)) {
    const Dims bias = dims(kScoreBias);
    b.bias_keys = b.bias_row = bias[3];
    b.bias_head = bias[1] == 1 ? 0 : bias[2] * bias[3];
    b.bias_batch = bias[0] == 1 ? 0 : bias[1] * bias[2] * bias[3];
  }
  binding->phases = {t.packing_chunks(), t.attending_chunks()};
  binding->workspace_bytes = static_cast<size_t>(t.workspace_floats()) * sizeof(float);
  KeepBound(b, binding);
  return {};
}

// What is known of a call once its operands are.
struct Call {
  const Bound* b;
  const KernelCall* c;
  int64_t total = 0;
  bool prompt() const { return b->tiles.queries == total; }
  int64_t Length(int64_t batch) const { return c->input(kLengths).Int(batch) + 1; }
  int64_t Past(int64_t batch) const { return prompt() ? 0 : Length(batch) - b->tiles.queries; }
  // Entries of the cache that mean something.
  int64_t Filled(int64_t batch) const { return std::min(b->tiles.keys, Past(batch) + b->tiles.queries); }

  static Result<Call> Of(const Bound& b, const KernelCall& c) {
    Call call{&b, &c, c.input(kTotal).elements() == 1 ? c.input(kTotal).Int(0) : 0};
    HASTEN_REQUIRE(call.total >= b.tiles.queries && call.total <= b.tiles.keys, "total sequence length must be in [",
                   b.tiles.queries, ", ", b.tiles.keys, "], is ", call.total);
    for (int64_t i = 0; i < b.tiles.batch; ++i)
      HASTEN_REQUIRE(call.Length(i) >= 1 && call.Length(i) <= call.total && call.Past(i) >= 0 && call.Past(i) <= b.past,
                     "sequence lengths must be within the total ", call.total, " and the past ", b.past, ", one is ",
                     call.Length(i));
    return call;
  }
};

Result<int64_t> PositionOf(const Call& call, int64_t batch, int64_t s) {
  int64_t p = call.Past(batch) + s;
  if (call.c->has(kPositions)) {
    const Tensor& positions = call.c->input(kPositions);
    const int64_t at = call.prompt() ? 0 : batch * call.b->tiles.queries + s;
    HASTEN_REQUIRE(positions.elements() > at, "positions must have ", at + 1, " elements, have ", positions.elements());
    p = positions.Int(at) + (call.prompt() ? s : 0);
  }
  HASTEN_REQUIRE(p >= 0 && p < call.b->positions, "positions must be in [0, ", call.b->positions, "), one is ", p);
  return p;
}

// A query or key as it is meant: brought to unit mean square where there are weights for it, and turned to its place.
Status Prepare(const Call& call, int64_t batch, int64_t s, int norm, const float* from, float* to) {
  const Bound& b = *call.b;
  const int64_t n = b.tiles.size;
  if (call.c->has(norm)) {
    const double squares = MomentsOf(from, n, 0).squares / static_cast<double>(n);
    NormalizeRow(from, n, 0, static_cast<float>(1 / std::sqrt(squares + static_cast<double>(b.epsilon))), 0,
                 call.c->input(norm).as<float>(), nullptr, to);
  } else {
    std::copy_n(from, n, to);
  }
  if (!b.turns) return {};
  HASTEN_ASSIGN(const int64_t p, PositionOf(call, batch, s));
  const float *cosine = call.c->input(kCos).as<float>() + p * b.half,
              *sine = call.c->input(kSin).as<float>() + p * b.half;
  for (int64_t i = 0; i < b.half; ++i) {
    float &x = to[b.interleaved ? 2 * i : i], &y = to[b.interleaved ? 2 * i + 1 : i + b.half];
    const float old = x;
    x = old * cosine[i] - y * sine[i];
    y = old * sine[i] + y * cosine[i];
  }
  return {};
}

// The cache of one head, for keys (1) or values (2): old entries, new ones, zeros.
Result<Entries> Fill(const Call& call, int which, int64_t batch, int64_t n) {
  const Bound& b = *call.b;
  const TileAttention& t = b.tiles;
  const int64_t size = t.size, head = batch * t.kv_heads + n, old = call.Past(batch);
  const int64_t at = b.packed ? t.heads + (which - 1) * t.kv_heads + n : n;
  const float* fresh =
      call.c->input(b.packed ? int{kQuery} : which).as<float>() + batch * t.queries * b.kv_width + at * size;
  float* to = call.c->output(which).as<float>() + head * t.keys * size;
  if (old > 0) {
    const Tensor& past = call.c->input(which == 1 ? kPastKey : kPastValue);
    std::memcpy(to, past.as<float>() + head * b.past * size, static_cast<size_t>(old * size) * sizeof(float));
  }
  const int64_t end = call.Filled(batch);
  for (int64_t s = 0; old + s < end; ++s) {
    const float* from = fresh + s * b.kv_width;
    if (which == 1)
      HASTEN_TRY(Prepare(call, batch, s, kKeyNorm, from, to + (old + s) * size));
    else
      std::copy_n(from, size, to + (old + s) * size);
  }
  std::fill(to + end * size, to + t.keys * size, 0.0f);
  return Entries{to, size};
}

KeyRange KeysOf(const void* context, int64_t batch, int64_t s) {
  const Call& call = *static_cast<const Call*>(context);
  const int64_t at = call.Past(batch) + s, length = call.Length(batch);
  return {call.b->window > 0 ? std::max<int64_t>(0, at + 1 - call.b->window) : 0,
          call.b->causal ? std::min(at + 1, length) : length};
}

void AddBias(const void* context, int64_t batch, int64_t head, int64_t s, const KeyRange&, int64_t from, int64_t n,
             float* scores) {
  const Call& call = *static_cast<const Call*>(context);
  const Bound& b = *call.b;
  const float* bias =
      call.c->input(kScoreBias).as<float>() + batch * b.bias_batch + head * b.bias_head + s * b.bias_row + from;
  AddRows(scores, bias, std::clamp<int64_t>(b.bias_keys - from, 0, n), scores);
}

Status PrepareQuery(const void* context, int64_t batch, int64_t, int64_t s, const float* from, float* to) {
  return Prepare(*static_cast<const Call*>(context), batch, s, kQueryNorm, from, to);
}

Status Attend(const Call& call, KernelCall& c) {
  const Bound& b = *call.b;
  const TileAttention& t = b.tiles;
  ScoreRules rules{.context = &call, .keys = KeysOf};
  if (c.has(kScoreBias)) rules.change = AddBias;
  if (b.turns || c.has(kQueryNorm)) rules.query = PrepareQuery;
  std::span<float> ones;
  if (c.has(kSink)) {
    rules.sinks = c.input(kSink).as<float>();
  } else if (c.attrs<GroupQueryAttrs>().smooth_softmax == 1) {
    HASTEN_ASSIGN(ones, c.Scratch<float>(t.heads));
    std::fill(ones.begin(), ones.end(), 0.0f);
    rules.sinks = ones.data();
  }
  const HeadRows q{c.input(kQuery).as<float>(), t.queries * b.width, t.size, b.width};
  const HeadRows y{c.output(0).as<float>(), t.queries * t.heads * t.size, t.size, t.heads * t.size};
  const int64_t batch = c.chunk / (t.attending_chunks() / t.batch);
  return AttendTiles(t, c, c.chunk, rules, q, call.Filled(batch), reinterpret_cast<const float*>(c.workspace), y);
}

Status Run(KernelCall& c) {
  const auto& b = *reinterpret_cast<const Bound*>(c.bound);
  HASTEN_ASSIGN(const Call call, Call::Of(b, c));
  if (c.phase == 1) return Attend(call, c);
  const int64_t batch = c.chunk / b.tiles.kv_heads, n = c.chunk % b.tiles.kv_heads;
  HASTEN_ASSIGN(const Entries keys, Fill(call, 1, batch, n));
  HASTEN_ASSIGN(const Entries values, Fill(call, 2, batch, n));
  PackHead(b.tiles, keys, values, call.Filled(batch), c.chunk, reinterpret_cast<float*>(c.workspace));
  return {};
}

constexpr std::string_view kOps[] = {"com.microsoft.GroupQueryAttention"};

}  // namespace

extern const Tactic kGroupQueryAttentionTiles = {
    .name = "group_query_attention_tiles",
    .ops = kOps,
    .supports = Supports,
    .bound = 64,
    .numerics = Numerics::kReassociated,
    .speed = 30,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
