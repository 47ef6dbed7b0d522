#include "ops/convolution.h"

namespace hasten::ops {
namespace {

struct LinearAttentionAttrs {
  int64_t chunk_size = 64;  // a hint
  int64_t kv_num_heads = 0, q_num_heads = 0;
  float scale = 0;  // 0: 1 / sqrt(size of a key)
  std::string update_rule = "gated_delta";
};

constexpr AttrField kFields[] = {
    Field<&LinearAttentionAttrs::chunk_size>("chunk_size"), Field<&LinearAttentionAttrs::kv_num_heads>("kv_num_heads"),
    Field<&LinearAttentionAttrs::q_num_heads>("q_num_heads"), Field<&LinearAttentionAttrs::scale>("scale"),
    Field<&LinearAttentionAttrs::update_rule>("update_rule")};

bool IsGated(const LinearAttentionAttrs& a) { return a.update_rule == "gated" || a.update_rule == "gated_delta"; }
bool IsDelta(const LinearAttentionAttrs& a) { return a.update_rule == "delta" || a.update_rule == "gated_delta"; }

Status CheckAttrs(const InferCall& c, const LinearAttentionAttrs& a) {
  HASTEN_REQUIRE(a.update_rule == "linear" || IsGated(a) || IsDelta(a),
                 "update_rule must be linear, gated, delta or gated_delta, is ", Quote(a.update_rule));
  HASTEN_REQUIRE(a.kv_num_heads >= 1 && a.q_num_heads >= 1 && a.q_num_heads % a.kv_num_heads == 0,
                 "q_num_heads must be a multiple of kv_num_heads, both given, are ", a.q_num_heads, " and ",
                 a.kv_num_heads);
  HASTEN_REQUIRE(c.has(4) == IsGated(a), "input 4 (decay) must be given for gated rules alone, rule is ",
                 a.update_rule);
  HASTEN_REQUIRE(c.has(5) == IsDelta(a), "input 5 (beta) must be given for delta rules alone, rule is ", a.update_rule);
  return {};
}

Result<Dim> PerHead(const InferCall& c, int i, int64_t heads) {
  if (!c.shape(i).ranked()) return Dim::Fresh();
  const Dim& d = c.shape(i)[2];
  HASTEN_REQUIRE(!d.is_const() || d.value() % heads == 0, "axis 2 of input ", i, " must be a multiple of the ", heads,
                 " heads, is ", d);
  return FloorDiv(d, heads);
}

// Input i has one entry per token, of `one` or `other` elements.
Status RequireGate(const InferCall& c, int i, const Dim& one, const Dim& other) {
  if (!c.has(i) || !c.shape(i).ranked()) return {};
  const Dim& d = c.shape(i)[2];
  HASTEN_REQUIRE(!NeverEqual(d, one) || !NeverEqual(d, other), "axis 2 of input ", i, " must be ", one, " or ", other,
                 ", is ", d);
  return {};
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<LinearAttentionAttrs>();
  HASTEN_TRY(CheckAttrs(c, a));
  for (int i = 0; i < 6; ++i) {
    HASTEN_TRY(c.RequireTensor(i));
    HASTEN_TRY(c.RequireRank(i, i == 3 ? 4 : 3));
    if (i != 3) HASTEN_TRY(c.RequireSameDType(0, i));
  }
  const Shape q = c.shape(0).ranked() ? c.shape(0) : Shape::Fresh(3);
  for (int i : {1, 2, 4, 5}) {
    HASTEN_TRY(c.RequireDims(i, 0, q[0], "batch"));
    HASTEN_TRY(c.RequireDims(i, 1, q[1], "tokens"));
  }
  HASTEN_ASSIGN(const Dim q_size, PerHead(c, 0, a.q_num_heads));
  HASTEN_ASSIGN(const Dim k_size, PerHead(c, 1, a.kv_num_heads));
  HASTEN_ASSIGN(const Dim v_size, PerHead(c, 2, a.kv_num_heads));
  HASTEN_REQUIRE(!NeverEqual(q_size, k_size), "queries and keys must have one head size, have ", q_size, " and ",
                 k_size);
  HASTEN_TRY(RequireGate(c, 4, a.kv_num_heads, k_size * a.kv_num_heads));
  HASTEN_TRY(RequireGate(c, 5, a.kv_num_heads, 1));
  const Shape state{q[0], a.kv_num_heads, k_size, v_size};
  for (int i = 0; i < 4; ++i) HASTEN_TRY(c.RequireDims(3, i, state[i], "shape of the state"));
  c.Out(0, c.dtype(0), {q[0], q[1], v_size * a.q_num_heads});
  c.Out(1, c.has(3) ? c.dtype(3) : c.dtype(0), state);
  return {};
}

// One call: operands in double and sizes.
struct Scan {
  const LinearAttentionAttrs& a;
  int64_t tokens, k_size, v_size, decay_size, beta_heads;
  std::span<double> q, k, v, decay, beta, state, retrieved, y;
  double scale;
};

// One token of one key head: S = exp(g) S + k (v or beta (v - S^T k))^T, then o = scale * q^T S for each of its
// queries.
void Step(const Scan& s, int64_t token, int64_t head) {
  const int64_t heads = s.a.kv_num_heads, group = s.a.q_num_heads / heads;
  const double* k = s.k.data() + (token * heads + head) * s.k_size;
  const double* v = s.v.data() + (token * heads + head) * s.v_size;
  double* state = s.state.data() + (token / s.tokens * heads + head) * s.k_size * s.v_size;
  double* value = s.retrieved.data();
  const auto row = [&](int64_t d) { return state + d * s.v_size; };
  if (IsGated(s.a))
    for (int64_t d = 0; d < s.k_size; ++d) {
      const double g =
          s.decay_size == 1 ? s.decay[token * heads + head] : s.decay[(token * heads + head) * s.k_size + d];
      for (int64_t m = 0; m < s.v_size; ++m) row(d)[m] *= std::exp(g);
    }
  std::copy_n(v, s.v_size, value);
  if (IsDelta(s.a)) {
    for (int64_t d = 0; d < s.k_size; ++d) AddScaled(-k[d], row(d), 1, s.v_size, value);
    for (int64_t m = 0; m < s.v_size; ++m) value[m] *= s.beta[token * s.beta_heads + head % s.beta_heads];
  }
  for (int64_t d = 0; d < s.k_size; ++d) AddScaled(k[d], value, 1, s.v_size, row(d));
  for (int64_t h = head * group; h < (head + 1) * group; ++h) {
    const double* q = s.q.data() + (token * s.a.q_num_heads + h) * s.k_size;
    double* y = s.y.data() + (token * s.a.q_num_heads + h) * s.v_size;
    for (int64_t d = 0; d < s.k_size; ++d) AddScaled(s.scale * q[d], row(d), 1, s.v_size, y);
  }
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<LinearAttentionAttrs>();
  const Dims& qd = c.input(0).dims;
  const int64_t heads = a.kv_num_heads, k_size = qd[2] / a.q_num_heads, v_size = c.input(2).dims[2] / heads;
  Scan s{a, qd[1], k_size, v_size, c.has(4) ? c.input(4).dims[2] / heads : 0, c.has(5) ? c.input(5).dims[2] : 0};
  s.scale = a.scale != 0 ? static_cast<double>(a.scale) : 1 / std::sqrt(static_cast<double>(k_size));
  HASTEN_ASSIGN(s.q, c.Doubles(0));
  HASTEN_ASSIGN(s.k, c.Doubles(1));
  HASTEN_ASSIGN(s.v, c.Doubles(2));
  HASTEN_ASSIGN(s.state, c.Scratch<double>(qd[0] * heads * k_size * v_size));
  HASTEN_ASSIGN(s.retrieved, c.Scratch<double>(v_size));
  HASTEN_ASSIGN(s.y, c.Scratch<double>(c.output(0).elements()));
  std::fill(s.state.begin(), s.state.end(), 0.0);
  std::fill(s.y.begin(), s.y.end(), 0.0);
  if (c.has(3)) ReadDoubles(c.input(3), 0, s.state);
  if (c.has(4)) {
    HASTEN_ASSIGN(s.decay, c.Doubles(4));
  }
  if (c.has(5)) {
    HASTEN_ASSIGN(s.beta, c.Doubles(5));
  }
  for (int64_t token = 0; token < qd[0] * qd[1]; ++token) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    for (int64_t h = 0; h < heads; ++h) Step(s, token, h);
  }
  WriteDoubles(&c.output(0), 0, s.y);
  if (c.wants(1)) WriteDoubles(&c.output(1), 0, s.state);
  return {};
}

double Flops(const CostCall& c) {
  const auto q = c.in[0].shape.Concrete(), v = c.in[2].shape.Concrete();
  const auto& a = c.attrs<LinearAttentionAttrs>();
  if (!q || !v || a.kv_num_heads < 1) return 0;
  return 6.0 * static_cast<double>(q->elements()) * static_cast<double>((*v)[2] / a.kv_num_heads);
}

constexpr OnnxVersion kVersions[] = {{27}};

std::vector<Sample> Samples() {
  constexpr DType kF = DType::kF32;
  const SampleInput q{kF, {2, 5, 12}}, k{kF, {2, 5, 6}}, v{kF, {2, 5, 8}}, none{DType::kNone, {}},
      state{kF, {2, 2, 3, 4}};
  const SampleInput decay{kF, {2, 5, 2}, -1, 0}, beta{kF, {2, 5, 2}, 0, 1};
  const auto with = [](std::string rule, std::vector<NamedAttr> more = {}) {
    std::vector<NamedAttr> out = {{"update_rule", rule}, {"q_num_heads", int64_t{4}}, {"kv_num_heads", int64_t{2}}};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  };
  return {{"linear", {q, k, v}, with("linear"), 2},
          {"linear with state", {q, k, v, state}, with("linear"), 2},
          {"gated", {q, k, v, state, decay}, with("gated"), 2},
          {"gated per key element", {q, k, v, state, {kF, {2, 5, 6}, -1, 0}}, with("gated"), 2},
          {"delta", {q, k, v, state, none, beta}, with("delta"), 2},
          {"gated delta", {q, k, v, state, decay, beta}, with("gated_delta"), 2},
          {"one beta", {q, k, v, none, decay, {kF, {2, 5, 1}, 0, 1}}, with("gated_delta"), 2},
          {"scale", {q, k, v}, with("linear", {{"scale", 0.25f}}), 2},
          {"no tokens", {{kF, {2, 0, 12}}, {kF, {2, 0, 6}}, {kF, {2, 0, 8}}, state}, with("linear"), 2},
          {"f16 with f32 state",
           {{DType::kF16, {2, 3, 12}}, {DType::kF16, {2, 3, 6}}, {DType::kF16, {2, 3, 8}}, state},
           with("linear"),
           2}};
}

}  // namespace

extern const OpDef kLinearAttention = {
    .name = "LinearAttention",
    .doc =
        "Recurrent attention over a state S per key head. Per token: S = exp(g) S (gated rules), u = beta (v - S^T k) "
        "(delta rules, else v), S = S + k u^T, o = scale * S^T q; query head h uses key head h / (Hq / Hkv). q: float "
        "[B, T, Hq * Dk]; k: [B, T, Hkv * Dk]; v: [B, T, Hkv * Dv]; past_state: [B, Hkv, Dk, Dv] (absent: zeros); "
        "decay g: [B, T, Hkv] or [B, T, Hkv * Dk]; beta: [B, T, Hkv] or [B, T, 1]; y: [B, T, Hq * Dv]; present_state: "
        "as past_state.",
    .attrs = SchemaOf<LinearAttentionAttrs>(kFields),
    .arity = {3, 6, 1, 2},
    .onnx = {"", "LinearAttention", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = Flops,
    .samples = Samples,
};

}  // namespace hasten::ops
