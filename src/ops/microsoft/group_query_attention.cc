#include "ops/microsoft/group_query_attention.h"

#include "ops/microsoft/heads.h"
#include "ops/microsoft/rotary.h"

namespace hasten::ops::microsoft {
namespace {

using enum GroupQueryAttrs::Input;

constexpr AttrField kFields[] = {
    Field<&GroupQueryAttrs::causal>("causal"),
    Field<&GroupQueryAttrs::do_rotary>("do_rotary"),
    Field<&GroupQueryAttrs::k_quant_type>("k_quant_type"),
    Field<&GroupQueryAttrs::kv_cache_bit_width>("kv_cache_bit_width"),
    Field<&GroupQueryAttrs::kv_num_heads>("kv_num_heads"),
    Field<&GroupQueryAttrs::local_window_size>("local_window_size"),
    Field<&GroupQueryAttrs::num_heads>("num_heads"),
    Field<&GroupQueryAttrs::qk_norm_epsilon>("qk_norm_epsilon"),
    Field<&GroupQueryAttrs::qk_output>("qk_output"),
    Field<&GroupQueryAttrs::rotary_interleaved>("rotary_interleaved"),
    Field<&GroupQueryAttrs::scale>("scale"),
    Field<&GroupQueryAttrs::sliding_window_cache>("sliding_window_cache"),
    Field<&GroupQueryAttrs::smooth_softmax>("smooth_softmax"),
    Field<&GroupQueryAttrs::softcap>("softcap"),
    Field<&GroupQueryAttrs::v_quant_type>("v_quant_type"),
};

Status CheckAttrs(const GroupQueryAttrs& a) {
  HASTEN_REQUIRE(
      a.num_heads >= 1 && a.num_heads < (1 << 24) && a.kv_num_heads >= 1 && a.num_heads % a.kv_num_heads == 0,
      "num_heads must be a multiple of kv_num_heads, are ", a.num_heads, " and ", a.kv_num_heads);
  HASTEN_REQUIRE(a.causal == 0 || a.causal == 1, "causal must be 0 or 1, is ", a.causal);
  HASTEN_REQUIRE(a.qk_output >= 0 && a.qk_output <= 2, "qk_output must be 0, 1 or 2, is ", a.qk_output);
  if (a.k_quant_type != "NONE" || a.v_quant_type != "NONE" || a.kv_cache_bit_width != 0)
    return Status(Code::kUnsupported, "a quantised cache is not supported");
  if (a.sliding_window_cache) return Status(Code::kUnsupported, "sliding_window_cache is not supported");
  return {};
}

Status RequireVector(const InferCall& c, int i, const Dim& size, std::string_view what) {
  HASTEN_TRY(c.RequireRank(i, 1));
  return c.RequireDims(i, 0, size, what);
}

Status CheckOperands(const InferCall& c, const GroupQueryAttrs& a, const Dim& batch, const Dim& length,
                     const Dim& head) {
  for (int i : {kQuery, kKey, kValue}) HASTEN_TRY(c.RequireRank(i, 3));
  for (int i : {kKey, kValue}) {
    HASTEN_TRY(c.RequireDims(i, 0, batch, "batch"));
    HASTEN_TRY(c.RequireDims(i, 1, length, "sequence length"));
    HASTEN_TRY(c.RequireDims(i, 2, head * a.kv_num_heads, "kv_num_heads * head size"));
  }
  for (int i : {kPastKey, kPastValue}) {
    HASTEN_TRY(c.RequireRank(i, 4));
    const std::array<Dim, 4> want = {batch, a.kv_num_heads, AxisOf(c, kPastKey, 2), head};
    for (int k = 0; k < 4; ++k)
      HASTEN_TRY(c.RequireDims(i, k, want[static_cast<size_t>(k)], "batch, heads, past, head size"));
  }
  if (c.has(kLengths) && c.shape(kLengths).ranked())
    HASTEN_REQUIRE(!NeverEqual(c.shape(kLengths).elements(), batch), "input 5 must have one element per batch ", batch,
                   ", has shape ", c.shape(kLengths));
  HASTEN_REQUIRE(!a.do_rotary || (c.has(kCos) && c.has(kSin)), "do_rotary needs cosines and sines");
  HASTEN_TRY(RequireAngles(c, kCos, kSin));
  if (c.has(kCos) && c.shape(kCos).ranked() && c.shape(kCos)[1].is_const() && head.is_const())
    HASTEN_REQUIRE(c.shape(kCos)[1].value() * 2 <= head.value(), "axis 1 of input 7 must be at most half of ", head,
                   ", is ", c.shape(kCos)[1]);
  HASTEN_TRY(RequireVector(c, kSink, a.num_heads, "num_heads"));
  HASTEN_REQUIRE(c.has(kQueryNorm) == c.has(kKeyNorm), "inputs 14 and 15 must come together");
  for (int i : {kQueryNorm, kKeyNorm}) HASTEN_TRY(RequireVector(c, i, head, "head size"));
  return {};
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<GroupQueryAttrs>();
  HASTEN_TRY(CheckAttrs(a));
  for (int i = 0; i < c.inputs(); ++i) HASTEN_TRY(c.RequireTensor(i));
  for (int i : {kKey, kValue, kPastKey, kPastValue, kCos, kSin, kScoreBias, kSink, kQueryNorm, kKeyNorm})
    HASTEN_TRY(c.RequireSameDType(kQuery, i));
  HASTEN_REQUIRE(c.has(kKey) == c.has(kValue), "key and value must come together");
  HASTEN_REQUIRE(c.has(kPastKey) == c.has(kPastValue), "past key and past value must come together");
  HASTEN_REQUIRE(c.has(kLengths) && c.has(kTotal), "inputs 5 and 6 must be there");
  for (int i : {kLengths, kTotal})
    HASTEN_REQUIRE(c.dtype(i) == DType::kNone || IsInteger(c.dtype(i)), "input ", i, " must be integers, is ",
                   c.type(i));
  if (c.has(kKeyScale) || c.has(kValueScale)) return Status(Code::kUnsupported, "a quantised cache is not supported");
  const Dim batch = AxisOf(c, kQuery, 0), length = AxisOf(c, kQuery, 1), hidden = AxisOf(c, kQuery, 2);
  const int64_t parts = c.has(kKey) ? a.num_heads : a.num_heads + 2 * a.kv_num_heads;
  HASTEN_REQUIRE(!hidden.is_const() || hidden.value() % parts == 0, "axis 2 of input 0 must be a multiple of ", parts,
                 ", is ", hidden);
  const Dim head = FloorDiv(hidden, parts);
  HASTEN_TRY(CheckOperands(c, a, batch, length, head));
  const auto total = c.KnownOf(kTotal);
  const Dim keys = total && total->elements.size() == 1 ? total->elements[0] : Dim::Fresh();
  HASTEN_REQUIRE(!keys.is_const() || (keys.value() >= 1 && keys.value() < (int64_t{1} << 40)),
                 "total sequence length must be at least 1, is ", keys);
  HASTEN_TRY(RequireScoreBias(c, kScoreBias, batch, a.num_heads, length, 0));
  const Dim room = c.has(kPastKey) ? Max(AxisOf(c, kPastKey, 2), keys) : keys;
  c.Out(0, c.dtype(0), {batch, length, head * a.num_heads});
  c.Out(1, c.dtype(0), {batch, a.kv_num_heads, room, head});
  c.Out(2, c.dtype(0), {batch, a.kv_num_heads, room, head});
  c.Out(3, c.dtype(0), {batch, a.num_heads, length, keys});
  return {};
}

// One call: where the tokens lie and how many came before.
struct Call {
  const GroupQueryAttrs& a;
  AttentionSizes z;  // keys: places in the cache
  int64_t total = 0;
  Heads q, k, v, cache_k, cache_v;
  std::span<const int64_t> last;  // of each sequence: its length less one
  bool prompt() const { return z.queries == total; }
  int64_t Length(int64_t b) const { return last[static_cast<size_t>(b)] + 1; }
  int64_t Past(int64_t b) const { return prompt() ? 0 : Length(b) - z.queries; }
};

Status NormHeads(const KernelCall& c, const Call& call, int weight, const Heads& x, int64_t heads) {
  if (!c.has(weight)) return {};
  HASTEN_ASSIGN(const auto w, c.Doubles(weight));
  const AttentionSizes& z = call.z;
  for (int64_t b = 0; b < z.batch; ++b)
    for (int64_t n = 0; n < heads; ++n)
      for (int64_t s = 0; s < z.queries; ++s) {
        double* v = x.At(b, n, s);
        double squares = 0;
        for (int64_t i = 0; i < z.head; ++i) squares += v[i] * v[i];
        const double factor =
            1 / std::sqrt(squares / static_cast<double>(z.head) + static_cast<double>(call.a.qk_norm_epsilon));
        for (int64_t i = 0; i < z.head; ++i) v[i] *= factor * w[static_cast<size_t>(i)];
      }
  return {};
}

Status RotateHeads(const KernelCall& c, const Call& call) {
  if (!call.a.do_rotary) return {};
  const AttentionSizes& z = call.z;
  HASTEN_ASSIGN(const auto cosine, c.Doubles(kCos));
  HASTEN_ASSIGN(const auto sine, c.Doubles(kSin));
  std::span<const int64_t> positions;
  if (c.has(kPositions)) {
    HASTEN_ASSIGN(positions, c.Ints(kPositions));
    const int64_t need = call.prompt() ? 1 : z.batch * z.queries;
    HASTEN_REQUIRE(static_cast<int64_t>(positions.size()) >= need, "positions must have ", need, " elements, have ",
                   positions.size());
  }
  const int64_t half = c.input(kCos).dims[1], count = c.input(kCos).dims[0];
  for (int64_t b = 0; b < z.batch; ++b)
    for (int64_t s = 0; s < z.queries; ++s) {
      const int64_t p = positions.empty() ? call.Past(b) + s
                        : call.prompt()   ? positions[0] + s
                                          : positions[static_cast<size_t>(b * z.queries + s)];
      HASTEN_REQUIRE(p >= 0 && p < count, "positions must be in [0, ", count, "), one is ", p);
      const double *cs = cosine.data() + p * half, *sn = sine.data() + p * half;
      for (int64_t n = 0; n < z.heads; ++n) Rotate(call.q.At(b, n, s), half, cs, sn, call.a.rotary_interleaved);
      for (int64_t n = 0; n < z.kv_heads; ++n) Rotate(call.k.At(b, n, s), half, cs, sn, call.a.rotary_interleaved);
    }
  return {};
}

// The cache with the new entries in place; zeros behind them.
Result<Heads> Fill(const KernelCall& c, const Call& call, int past, const Heads& fresh) {
  const AttentionSizes& z = call.z;
  HASTEN_ASSIGN(const auto all, c.Scratch<double>(z.batch * z.kv_heads * z.keys * z.head));
  std::fill(all.begin(), all.end(), 0.0);
  const Heads out = HeadMajorHeads(all.data(), z.kv_heads, z.keys, z.head);
  const int64_t room = c.has(past) ? c.input(past).dims[2] : 0;
  for (int64_t b = 0; b < z.batch; ++b)
    for (int64_t n = 0; n < z.kv_heads; ++n) {
      const int64_t old = call.Past(b);
      if (old > 0)
        ReadDoubles(c.input(past), (b * z.kv_heads + n) * room * z.head,
                    std::span(out.At(b, n, 0), static_cast<size_t>(old * z.head)));
      for (int64_t s = 0; s < z.queries && old + s < z.keys; ++s)
        std::copy_n(fresh.At(b, n, s), z.head, out.At(b, n, old + s));
    }
  return out;
}

Result<Call> MakeCall(const KernelCall& c) {
  const auto& a = c.attrs<GroupQueryAttrs>();
  const Dims& x = c.input(kQuery).dims;
  Call call{a, {}, c.input(kTotal).elements() == 1 ? c.input(kTotal).Int(0) : 0, {}, {}, {}, {}, {}, {}};
  HASTEN_ASSIGN(call.last, c.Ints(kLengths));
  const int64_t parts = c.has(kKey) ? a.num_heads : a.num_heads + 2 * a.kv_num_heads, head = x[2] / parts;
  const int64_t room = c.has(kPastKey) ? c.input(kPastKey).dims[2] : 0;
  AttentionSizes& z = call.z;
  z = {.batch = x[0], .heads = a.num_heads, .kv_heads = a.kv_num_heads, .queries = x[1]};
  z.head = z.value_head = head;
  z.keys = std::max(room, call.total);
  z.scale = ScaleOf(a.scale, head);
  HASTEN_REQUIRE(call.total >= x[1], "total sequence length must be at least ", x[1], ", is ", call.total);
  for (int64_t b = 0; b < z.batch; ++b)
    HASTEN_REQUIRE(call.Length(b) >= 1 && call.Length(b) <= call.total && call.Past(b) >= 0 && call.Past(b) <= room,
                   "sequence lengths must be within the total ", call.total, " and the past ", room, ", one is ",
                   call.Length(b));
  HASTEN_ASSIGN(const auto q, c.Doubles(kQuery));
  if (!c.has(kKey)) {
    const auto part = [&](int64_t at) { return RowMajorHeads(q.data() + at * head, x[1], x[2], head); };
    call.q = part(0);
    call.k = part(a.num_heads);
    call.v = part(a.num_heads + a.kv_num_heads);
  } else {
    HASTEN_ASSIGN(const auto k, c.Doubles(kKey));
    HASTEN_ASSIGN(const auto v, c.Doubles(kValue));
    call.q = RowMajorHeads(q.data(), x[1], x[2], head);
    call.k = RowMajorHeads(k.data(), x[1], a.kv_num_heads * head, head);
    call.v = RowMajorHeads(v.data(), x[1], a.kv_num_heads * head, head);
  }
  HASTEN_TRY(NormHeads(c, call, kQueryNorm, call.q, z.heads));
  HASTEN_TRY(NormHeads(c, call, kKeyNorm, call.k, z.kv_heads));
  HASTEN_TRY(RotateHeads(c, call));
  HASTEN_ASSIGN(call.cache_k, Fill(c, call, kPastKey, call.k));
  HASTEN_ASSIGN(call.cache_v, Fill(c, call, kPastValue, call.v));
  return call;
}

// Scores of one query become weights; nothing outside what it may look at.
void Weigh(const Call& call, const ScoreBias& bias, std::optional<double> sink, int64_t b, int64_t n, int64_t s,
           std::span<double> row) {
  const GroupQueryAttrs& a = call.a;
  const int64_t end = a.causal ? std::min(call.Past(b) + s + 1, call.Length(b)) : call.Length(b);
  const int64_t begin = a.local_window_size > 0 ? std::max<int64_t>(0, call.Past(b) + s + 1 - a.local_window_size) : 0;
  if (a.softcap > 0)
    for (double& v : row) v = double{a.softcap} * std::tanh(v / double{a.softcap});
  bias.Apply(b, n, s, row);
  for (int64_t t = 0; t < call.z.keys; ++t)
    if (t < begin || t >= end) row[static_cast<size_t>(t)] = -std::numeric_limits<double>::infinity();
  SoftmaxRow(row, sink);
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(const Call call, MakeCall(c));
  const AttentionSizes& z = call.z;
  HASTEN_ASSIGN(const ScoreBias bias, ScoreBias::Of(c, kScoreBias));
  HASTEN_ASSIGN(const auto y, c.Scratch<double>(c.output(0).elements()));
  const auto keep = [&](int64_t b, int64_t n, int64_t s, std::span<double> row) {
    WriteDoubles(&c.output(3), ((b * z.heads + n) * z.queries + s) * call.total,
                 row.first(static_cast<size_t>(call.total)));
  };
  HASTEN_TRY(Attend(c, z, call.q, call.cache_k, call.cache_v,
                    RowMajorHeads(y.data(), z.queries, z.heads * z.head, z.head),
                    [&](int64_t b, int64_t n, int64_t s, std::span<double> row) {
                      std::optional<double> sink;
                      if (c.has(kSink))
                        sink = c.input(kSink).Double(n);
                      else if (call.a.smooth_softmax == 1)
                        sink = 0;
                      if (call.a.qk_output == 1 && c.wants(3)) keep(b, n, s, row);
                      Weigh(call, bias, sink, b, n, s, row);
                      if (call.a.qk_output != 1 && c.wants(3)) keep(b, n, s, row);
                    }));
  WriteDoubles(&c.output(0), 0, y);
  if (c.wants(1))
    WriteDoubles(&c.output(1), 0, std::span(call.cache_k.data, static_cast<size_t>(c.output(1).elements())));
  if (c.wants(2))
    WriteDoubles(&c.output(2), 0, std::span(call.cache_v.data, static_cast<size_t>(c.output(2).elements())));
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  constexpr DType kF = DType::kF32, kI = DType::kI32;
  const SampleInput q{kF, {2, 3, 16}}, k{kF, {2, 3, 8}}, none{DType::kNone, {}}, q1{kF, {2, 1, 16}}, k1{kF, {2, 1, 8}};
  const SampleInput last{kI, {2}, 0, 0, {2, 2}}, total{kI, {}, 0, 0, {3}}, past{kF, {2, 2, 4, 4}}, angles{kF, {9, 2}};
  const SampleInput last1{kI, {2}, 0, 0, {4, 3}}, total1{kI, {}, 0, 0, {5}};
  const auto with = [](std::vector<NamedAttr> more) {
    more.push_back({"num_heads", int64_t{4}});
    more.push_back({"kv_num_heads", int64_t{2}});
    return more;
  };
  const NamedAttr rotary{"do_rotary", int64_t{1}};
  return {{"prompt", {q, k, k, none, none, last, total}, with({}), 3},
          {"prompt, rotary", {q, k, k, none, none, last, total, angles, angles}, with({rotary}), 3},
          {"prompt, interleaved",
           {q, k, k, none, none, last, total, angles, angles},
           with({rotary, {"rotary_interleaved", int64_t{1}}}),
           3},
          {"one token, lengths differ", {q1, k1, k1, past, past, last1, total1}, with({}), 3},
          {"one token, rotary", {q1, k1, k1, past, past, last1, total1, angles, angles}, with({rotary}), 3},
          {"packed", {{kF, {2, 3, 32}}, none, none, none, none, last, total}, with({}), 3},
          {"window", {q, k, k, none, none, last, total}, with({{"local_window_size", int64_t{2}}}), 3},
          {"softcap", {q, k, k, none, none, last, total}, with({{"softcap", 0.5f}}), 3},
          {"scale", {q, k, k, none, none, last, total}, with({{"scale", 0.9f}}), 3},
          {"smooth", {q, k, k, none, none, last, total}, with({{"smooth_softmax", int64_t{1}}}), 3},
          {"not causal", {q, k, k, none, none, last, total}, with({{"causal", int64_t{0}}}), 3},
          {"sinks", {q, k, k, none, none, last, total, none, none, none, none, {kF, {4}}}, with({}), 3},
          {"score bias", {q, k, k, none, none, last, total, none, none, none, {kF, {2, 1, 3, 3}}}, with({}), 3}};
}

double Flops(const CostCall& c) {
  const auto y = c.out[0].shape.Concrete(), k = c.out.size() > 1 ? c.out[1].shape.Concrete() : std::nullopt;
  if (!y) return 0;
  return 4.0 * static_cast<double>(y->elements()) * static_cast<double>(k ? (*k)[2] : (*y)[1]);
}

}  // namespace

extern const OpDef kGroupQueryAttention = {
    .name = "com.microsoft.GroupQueryAttention",
    .doc =
        "Attention in which each of G = kv_num_heads heads of keys and values serves N / G heads of queries, over a "
        "cache that it "
        "extends. query: float [B, S, N * H], or with key and value packed behind; key, value: [B, S, G * H]; past: "
        "[B, G, P, H]; "
        "lengths: i32 [B], of each sequence with the new tokens, less one; total: i32, the largest; with do_rotary "
        "queries and keys "
        "are rotated by cos, sin [.., R / 2] at positions i64 [B, S], or where the tokens lie; scores become softcap * "
        "tanh(scores / "
        "softcap), get the bias [B or 1, N or 1, S, T], and softmax has exp(sink of the head) or (smooth_softmax) 1 in "
        "its sum; a "
        "query sees itself and local_window_size - 1 tokens before it. y: [B, S, N * H]; present: [B, G, max(P, T), "
        "H]; scores or "
        "weights: [B, N, S, T]. Ainslie et al., 2023.",
    .attrs = SchemaOf<GroupQueryAttrs>(kFields),
    .arity = {1, 16, 1, 4},
    .onnx = {"com.microsoft", "GroupQueryAttention", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = Flops,
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
