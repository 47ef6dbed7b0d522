#include "ops/attention.h"

namespace hasten::ops {
namespace {

constexpr AttrField kFields[] = {
    Field<&AttentionAttrs::is_causal>("is_causal"),
    Field<&AttentionAttrs::kv_num_heads>("kv_num_heads"),
    Field<&AttentionAttrs::left_window_size>("left_window_size"),
    Field<&AttentionAttrs::q_num_heads>("q_num_heads"),
    Field<&AttentionAttrs::qk_matmul_output_mode>("qk_matmul_output_mode"),
    Field<&AttentionAttrs::right_window_size>("right_window_size"),
    Field<&AttentionAttrs::scale>("scale"),
    Field<&AttentionAttrs::softcap>("softcap"),
    Field<&AttentionAttrs::softmax_precision>("softmax_precision"),
};

// Symbolic [batch, heads, length, size] of an operand.
struct Heads {
  Dim batch = Dim::Fresh(), heads = Dim::Fresh(), length = Dim::Fresh(), size = Dim::Fresh();
};

Result<Heads> HeadsOf(const InferCall& c, int i, const std::optional<int64_t>& count, std::string_view attr) {
  Heads h;
  if (count) h.heads = *count;
  const Shape& s = c.shape(i);
  if (!s.ranked()) return h;
  HASTEN_REQUIRE(s.rank() == 3 || s.rank() == 4, "input ", i, " must have rank 3 or 4, has shape ", s);
  if (s.rank() == 4) {
    HASTEN_REQUIRE(!count || !NeverEqual(s[1], *count), attr, " must be ", s[1], " as input ", i, " has it, is ",
                   *count);
    return Heads{s[0], s[1], s[2], s[3]};
  }
  HASTEN_REQUIRE(count, attr, " must be given for inputs of rank 3");
  HASTEN_REQUIRE(!s[2].is_const() || s[2].value() % *count == 0, "axis 2 of input ", i, " must be a multiple of ", attr,
                 " ", *count, ", input is ", s);
  return Heads{s[0], *count, s[1], FloorDiv(s[2], *count)};
}

Status CheckAttrs(const AttentionAttrs& a) {
  for (const auto& [count, name] : {std::pair{a.q_num_heads, "q_num_heads"}, std::pair{a.kv_num_heads, "kv_num_heads"}})
    HASTEN_REQUIRE(!count || (*count >= 1 && *count < int64_t{1} << 31), name, " must be in [1, 2^31), is ", *count);
  HASTEN_REQUIRE(a.qk_matmul_output_mode >= 0 && a.qk_matmul_output_mode <= 3,
                 "qk_matmul_output_mode must be 0 to 3, is ", a.qk_matmul_output_mode);
  HASTEN_REQUIRE(a.left_window_size >= -1 && a.right_window_size >= -1, "window sizes must be -1 or more, are ",
                 a.left_window_size, " and ", a.right_window_size);
  return {};
}

Status CheckMask(const InferCall& c, const Heads& q) {
  HASTEN_TRY(c.RequireTensor(3));
  if (!c.has(3) || !c.shape(3).ranked()) return {};
  const Shape& m = c.shape(3);
  HASTEN_REQUIRE(m.rank() >= 1 && m.rank() <= 4, "input 3 must have rank 1 to 4, has shape ", m);
  const Dim* want[] = {&q.length, &q.heads, &q.batch};
  for (int k = 2; k <= m.rank(); ++k) {
    const Dim& d = m[m.rank() - k];
    HASTEN_REQUIRE(d.is(1) || !NeverEqual(d, *want[k - 2]), "axis ", m.rank() - k, " of input 3 must be 1 or ",
                   *want[k - 2], ", input is ", m);
  }
  return {};
}

// Keys and values seen before; their length.  The batch of a state is its rows, which packed tokens need not have.
Result<Dim> PastLength(const InferCall& c, const Heads& k, const Heads& v) {
  HASTEN_REQUIRE(c.has(4) == c.has(5), "inputs 4 and 5 (past key and value) must be given together");
  HASTEN_REQUIRE(!c.has(4) || !c.has(6), "input 6 (nonpad_kv_seqlen) must not be given with past keys");
  if (!c.has(4)) return Dim(0);
  for (int i : {4, 5}) {
    HASTEN_TRY(c.RequireTensor(i));
    HASTEN_TRY(c.RequireRank(i, 4));
    HASTEN_TRY(c.RequireSameDType(i, i - 3));
    HASTEN_TRY(c.RequireDims(i, 0, k.batch, "batch"));
    HASTEN_TRY(c.RequireDims(i, 1, k.heads, "key and value heads"));
    HASTEN_TRY(c.RequireDims(i, 3, i == 4 ? k.size : v.size, "head size"));
  }
  if (c.shape(4).ranked() && c.shape(5).ranked()) HASTEN_TRY(c.RequireDims(5, 2, c.shape(4)[2], "past length"));
  return c.shape(4).ranked() ? c.shape(4)[2] : Dim::Fresh();
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<AttentionAttrs>();
  HASTEN_TRY(CheckAttrs(a));
  for (int i = 0; i < 3; ++i) HASTEN_TRY(c.RequireTensor(i));
  HASTEN_TRY(c.RequireSameDType(0, 1));
  HASTEN_ASSIGN(const Heads q, HeadsOf(c, 0, a.q_num_heads, "q_num_heads"));
  HASTEN_ASSIGN(const Heads k, HeadsOf(c, 1, a.kv_num_heads, "kv_num_heads"));
  HASTEN_ASSIGN(const Heads v, HeadsOf(c, 2, a.kv_num_heads, "kv_num_heads"));
  const auto differ = [](const Dim& x, const Dim& y) { return NeverEqual(x, y); };
  HASTEN_REQUIRE(!differ(q.size, k.size), "queries and keys must have one head size, have ", q.size, " and ", k.size);
  HASTEN_REQUIRE(!differ(k.heads, v.heads), "keys and values must have the same heads, have ", k.heads, " and ",
                 v.heads);
  HASTEN_REQUIRE(!differ(k.length, v.length), "keys and values must be equally many, are ", k.length, " and ",
                 v.length);
  HASTEN_REQUIRE(!differ(q.batch, k.batch) && !differ(q.batch, v.batch), "batches must agree, are ", q.batch, ", ",
                 k.batch, " and ", v.batch);
  const bool known = q.heads.is_const() && k.heads.is_const();
  HASTEN_REQUIRE(!known || (k.heads.value() >= 1 && q.heads.value() % k.heads.value() == 0),
                 "query heads must be a multiple of key heads, are ", q.heads, " and ", k.heads);
  HASTEN_TRY(CheckMask(c, q));
  HASTEN_TRY(c.RequireRank(6, 1));
  HASTEN_TRY(c.RequireDims(6, 0, q.batch, "batch"));
  HASTEN_ASSIGN(const Dim past, PastLength(c, k, v));
  const Dim total = past + k.length;
  const Shape& x = c.shape(0);
  if (!x.ranked())
    c.Out(0, c.dtype(0), Shape::Unknown());
  else if (x.rank() == 3)
    c.Out(0, c.dtype(0), {q.batch, q.length, q.heads * v.size});
  else
    c.Out(0, c.dtype(0), {q.batch, q.heads, q.length, v.size});
  c.Out(1, c.dtype(1), {k.batch, k.heads, total, k.size});
  c.Out(2, c.dtype(2), {v.batch, v.heads, total, v.size});
  c.Out(3, c.dtype(0), {q.batch, q.heads, q.length, total});
  return {};
}

double Flops(const CostCall& c) {
  const auto& a = c.attrs<AttentionAttrs>();
  const auto q = c.in[0].shape.Concrete(), k = c.in[1].shape.Concrete(), y = c.out[0].shape.Concrete();
  if (!q || !k || !y) return 0;
  const HeadLayout keys = HeadLayout::Of(*k, a.kv_num_heads.value_or(1));
  double total = static_cast<double>(keys.length);
  if (c.in.size() > 4 && c.in[4].shape.is_const()) total += static_cast<double>(c.in[4].shape[2].value());
  return 2.0 * static_cast<double>(q->elements() + y->elements()) * total;
}

Status ToTwentyThree(OnnxNode& n) {
  if (n.has(6)) return Status(Code::kUnsupported, "nonpad_kv_seqlen has no form before opset 24");
  return {};
}
Status ToTwentyFour(OnnxNode& n) { return AbsentBefore(n, 25, {"left_window_size", "right_window_size"}); }

constexpr OnnxVersion kVersions[] = {{23, nullptr, ToTwentyThree}, {24, nullptr, ToTwentyFour}, {25}};

std::vector<Sample> Samples() {
  constexpr DType kF = DType::kF32;
  const SampleInput q{kF, {2, 4, 3, 5}}, k{kF, {2, 2, 7, 5}}, v{kF, {2, 2, 7, 6}}, none{DType::kNone, {}};
  const SampleInput past_k{kF, {2, 2, 4, 5}}, past_v{kF, {2, 2, 4, 6}}, mask{kF, {3, 7}, -2, 2};
  const SampleInput lengths{DType::kI64, {2}, 0, 0, {5, 2}};
  const auto flag = [](std::string name, int64_t value) { return NamedAttr{name, value}; };
  const NamedAttr causal = flag("is_causal", 1), heads = flag("q_num_heads", 4), kv_heads = flag("kv_num_heads", 2);
  return {{"grouped heads", {q, k, v}},
          {"rank 3", {{kF, {2, 3, 20}}, {kF, {2, 7, 10}}, {kF, {2, 7, 12}}}, {heads, kv_heads}},
          {"causal", {q, k, v}, {causal}},
          {"float mask", {q, k, v, mask}},
          {"bool mask", {q, k, v, {DType::kBool, {2, 1, 3, 7}, 0, 1}}},
          {"short mask", {q, k, v, {kF, {4, 3, 5}}}},
          {"a row masked out", {q, k, v, {DType::kBool, {3, 2}, 0, 0, {1, 0, 0, 0, 1, 1}}}},
          {"past and present", {q, k, v, none, past_k, past_v}, {causal}, 3},
          {"valid lengths", {q, k, v, none, none, none, lengths}, {causal}},
          {"left window", {q, k, v, none, past_k, past_v}, {flag("left_window_size", 2)}},
          {"right window", {q, k, v}, {flag("right_window_size", 1)}},
          {"scale", {q, k, v}, {{"scale", 0.1f}}},
          {"softcap", {q, k, v, mask}, {{"softcap", 0.3f}}},
          {"scores", {q, k, v, mask}, {{"softcap", 0.3f}}, 4},
          {"capped scores", {q, k, v, mask}, {{"softcap", 0.3f}, flag("qk_matmul_output_mode", 1)}, 4},
          {"biased scores", {q, k, v, mask}, {{"softcap", 0.3f}, flag("qk_matmul_output_mode", 2)}, 4},
          {"probabilities", {q, k, v, mask}, {flag("qk_matmul_output_mode", 3)}, 4},
          {"one token", {{kF, {1, 1, 1, 1}}, {kF, {1, 1, 1, 1}}, {kF, {1, 1, 1, 1}}}},
          {"no batch", {{kF, {0, 4, 3, 5}}, {kF, {0, 2, 7, 5}}, {kF, {0, 2, 7, 6}}}},
          {"f16", {{DType::kF16, {1, 2, 3, 5}}, {DType::kF16, {1, 2, 7, 5}}, {DType::kF16, {1, 2, 7, 6}}}}};
}

}  // namespace

extern const OpDef kAttention = {
    .name = "Attention",
    .doc =
        "Y = softmax(scale * Q K^T + bias) V per head; query head h uses key head h / (Hq / Hkv). Scores are capped "
        "first: softcap * tanh(s / softcap). The bias is the mask (bool: 0 or -inf; -inf past its last axis), -inf "
        "for key j of query i unless j <= i + offset (is_causal) and i + offset - left <= j <= i + offset + right "
        "(windows), offset being the past length, or nonpad_kv_seqlen - Sq, and -inf from nonpad_kv_seqlen on; a "
        "query whose bias is all -inf yields 0. Q: float [B, Hq, Sq, D] or [B, Sq, Hq * D]; K: [B, Hkv, Skv, D], V: "
        "[B, Hkv, Skv, Dv], or packed likewise; mask: broadcast to [B, Hq, Sq, <= T]; past key and value: [B, Hkv, P, "
        "D], [B, Hkv, P, Dv], or states whose rows have their own lengths and take the new entries in place; "
        "nonpad_kv_seqlen: i64 [B]; Y: as Q with Dv; present: [B, Hkv, T = P + Skv, ...]; qk_matmul_output: [B, Hq, "
        "Sq, T] after mode 0 scale, 1 cap, 2 bias, 3 softmax. Vaswani et al., 2017.",
    .attrs = SchemaOf<AttentionAttrs>(kFields),
    .arity = {3, 7, 1, 4},
    .onnx = {"", "Attention", kVersions},
    .infer = Infer,
    .eval = EvalAttention,
    .flops = Flops,
    .samples = Samples,
};

}  // namespace hasten::ops
