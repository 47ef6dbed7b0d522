#include "ops/microsoft/multi_head_attention.h"

#include "ops/microsoft/heads.h"

namespace hasten::ops::microsoft {
namespace {

using enum MultiHeadAttrs::Input;

constexpr AttrField kFields[] = {
    Field<&MultiHeadAttrs::mask_filter_value>("mask_filter_value"),
    Field<&MultiHeadAttrs::num_heads>("num_heads"),
    Field<&MultiHeadAttrs::scale>("scale"),
    Field<&MultiHeadAttrs::unidirectional>("unidirectional"),
};

// How keys and values are given: behind each query, as [B, L, D], in one tensor [B, L, N, 2, H], or [B, N, L, H].
enum class Form { kPackedAll, kRows, kPackedPair, kHeads };

// Ranks of query and key where known, 0 where not there.
Result<Form> FormOf(int query_rank, int key_rank, bool has_value) {
  HASTEN_REQUIRE(query_rank == 3 || query_rank == 5, "the query must have rank 3 or 5, has ", query_rank);
  if (query_rank == 5) {
    HASTEN_REQUIRE(key_rank == 0 && !has_value, "a packed query must come without key and value");
    return Form::kPackedAll;
  }
  HASTEN_REQUIRE(key_rank >= 3 && key_rank <= 5, "the key must have rank 3 to 5, has ", key_rank);
  HASTEN_REQUIRE(has_value == (key_rank != 5), "the value must be there unless the key is packed");
  return key_rank == 3 ? Form::kRows : key_rank == 4 ? Form::kHeads : Form::kPackedPair;
}

struct Symbols {
  Dim batch, queries, fresh, past, head, value_head;  // `fresh`: keys of this call
};

Result<Symbols> SymbolsOf(const InferCall& c, Form form, int64_t heads) {
  Symbols s{AxisOf(c, kQuery, 0), AxisOf(c, kQuery, 1), 0, c.has(kPastKey) ? AxisOf(c, kPastKey, 2) : Dim(0), 0, 0};
  if (form == Form::kPackedAll) {
    HASTEN_TRY(c.RequireDims(kQuery, 2, heads, "num_heads"));
    HASTEN_TRY(c.RequireDims(kQuery, 3, 3, "query, key, value"));
    s.fresh = s.queries;
    s.head = s.value_head = AxisOf(c, kQuery, 4);
    return s;
  }
  const Dim hidden = AxisOf(c, kQuery, 2);
  HASTEN_REQUIRE(!hidden.is_const() || hidden.value() % heads == 0, "hidden size must be a multiple of num_heads ",
                 heads, ", is ", hidden);
  s.head = s.value_head = FloorDiv(hidden, heads);
  HASTEN_TRY(c.RequireDims(kKey, 0, s.batch, "batch"));
  HASTEN_TRY(c.RequireDims(kValue, 0, s.batch, "batch"));
  s.fresh = AxisOf(c, kKey, form == Form::kHeads ? 2 : 1);
  if (form == Form::kPackedPair) {
    HASTEN_TRY(c.RequireDims(kKey, 2, heads, "num_heads"));
    HASTEN_TRY(c.RequireDims(kKey, 3, 2, "key, value"));
    HASTEN_TRY(c.RequireDims(kKey, 4, s.head, "head size"));
  } else if (form == Form::kHeads) {
    for (int i : {kKey, kValue}) HASTEN_TRY(c.RequireDims(i, 1, heads, "num_heads"));
    HASTEN_TRY(c.RequireRank(kValue, 4));
    HASTEN_TRY(c.RequireDims(kKey, 3, s.head, "head size"));
    HASTEN_TRY(c.RequireDims(kValue, 2, s.fresh, "keys"));
    s.value_head = AxisOf(c, kValue, 3);
  } else {
    HASTEN_TRY(c.RequireRank(kValue, 3));
    HASTEN_TRY(c.RequireDims(kKey, 2, hidden, "hidden size"));
    HASTEN_TRY(c.RequireDims(kValue, 1, s.fresh, "keys"));
    const Dim values = AxisOf(c, kValue, 2);
    HASTEN_REQUIRE(!values.is_const() || values.value() % heads == 0,
                   "value hidden size must be a multiple of num_heads ", heads, ", is ", values);
    s.value_head = FloorDiv(values, heads);
  }
  return s;
}

Status RequirePast(const InferCall& c, const Symbols& s, int64_t heads) {
  HASTEN_REQUIRE(c.has(kPastKey) == c.has(kPastValue), "past key and past value must come together");
  for (int i : {kPastKey, kPastValue}) {
    HASTEN_TRY(c.RequireRank(i, 4));
    const std::array<Dim, 4> want = {s.batch, heads, s.past, i == kPastKey ? s.head : s.value_head};
    for (int k = 0; k < 4; ++k)
      HASTEN_TRY(c.RequireDims(i, k, want[static_cast<size_t>(k)], "batch, heads, past, head size"));
  }
  return {};
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<MultiHeadAttrs>();
  HASTEN_REQUIRE(a.num_heads >= 1 && a.num_heads < (1 << 30), "num_heads must be at least 1, is ", a.num_heads);
  for (int i = 0; i < c.inputs(); ++i) HASTEN_TRY(c.RequireTensor(i));
  for (int i : {kKey, kValue, kBias, kScoreBias, kPastKey, kPastValue}) HASTEN_TRY(c.RequireSameDType(kQuery, i));
  if (c.has(kPastLength) || c.has(kIndirection))
    return Status(Code::kUnsupported, "a shared buffer of the past is not supported");
  const auto unknown = [&](int i) { return c.has(i) && !c.shape(i).ranked(); };
  if (unknown(kQuery) || unknown(kKey)) {
    c.Out(0, c.dtype(0), Shape::Fresh(3));
    for (int i = 1; i < 4; ++i) c.Out(i, c.dtype(0), Shape::Fresh(4));
    return {};
  }
  HASTEN_ASSIGN(const Form form, FormOf(c.shape(kQuery).rank(), c.has(kKey) ? c.shape(kKey).rank() : 0, c.has(kValue)));
  HASTEN_ASSIGN(const Symbols s, SymbolsOf(c, form, a.num_heads));
  HASTEN_TRY(RequirePast(c, s, a.num_heads));
  HASTEN_TRY(c.RequireRank(kBias, 1));
  HASTEN_TRY(
      c.RequireDims(kBias, 0, (s.head * 2 + s.value_head) * a.num_heads, "hidden sizes of query, key and value"));
  const Dim keys = s.past + s.fresh;
  HASTEN_TRY(RequireMask(c, kMask, s.batch, s.queries, keys));
  HASTEN_TRY(RequireScoreBias(c, kScoreBias, s.batch, a.num_heads, s.queries, keys));
  c.Out(0, c.dtype(0), {s.batch, s.queries, s.value_head * a.num_heads});
  c.Out(1, c.dtype(0), {s.batch, a.num_heads, keys, s.head});
  c.Out(2, c.dtype(0), {s.batch, a.num_heads, keys, s.value_head});
  c.Out(3, c.dtype(0), {s.batch, a.num_heads, s.queries, keys});
  return {};
}

struct Operands {
  Heads q, k, v;  // of this call, bias added
};

void AddBias(const Heads& x, const AttentionSizes& z, int64_t rows, int64_t size, const double* bias) {
  for (int64_t b = 0; b < z.batch; ++b)
    for (int64_t n = 0; n < z.heads; ++n)
      for (int64_t s = 0; s < rows; ++s)
        for (int64_t i = 0; i < size; ++i) x.At(b, n, s)[i] += bias[n * size + i];
}

Result<Operands> ReadOperands(const KernelCall& c, Form form, int64_t heads, AttentionSizes* z, int64_t* fresh) {
  const Dims& q = c.input(kQuery).dims;
  HASTEN_ASSIGN(const auto query, c.Doubles(kQuery));
  *z = {.batch = q[0], .heads = heads, .kv_heads = heads, .queries = q[1]};
  if (form == Form::kPackedAll) {
    const int64_t h = q[4], row = heads * 3 * h;
    z->head = z->value_head = h;
    *fresh = q[1];
    const auto part = [&](int64_t k) { return Heads{query.data() + k * h, q[1] * row, 3 * h, row}; };
    return Operands{part(0), part(1), part(2)};
  }
  const int64_t h = q[2] / heads;
  const Heads at = RowMajorHeads(query.data(), q[1], q[2], h);
  HASTEN_ASSIGN(const auto key, c.Doubles(kKey));
  z->head = z->value_head = h;
  *fresh = c.input(kKey).dims[form == Form::kHeads ? 2 : 1];
  if (form == Form::kPackedPair) {
    const int64_t row = heads * 2 * h;
    return Operands{at, {key.data(), *fresh * row, 2 * h, row}, {key.data() + h, *fresh * row, 2 * h, row}};
  }
  HASTEN_ASSIGN(const auto value, c.Doubles(kValue));
  const Dims& v = c.input(kValue).dims;
  if (form == Form::kHeads) {
    z->value_head = v[3];
    return Operands{at, HeadMajorHeads(key.data(), heads, *fresh, h),
                    HeadMajorHeads(value.data(), heads, *fresh, v[3])};
  }
  z->value_head = v[2] / heads;
  return Operands{at, RowMajorHeads(key.data(), *fresh, q[2], h),
                  RowMajorHeads(value.data(), *fresh, v[2], z->value_head)};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<MultiHeadAttrs>();
  HASTEN_ASSIGN(const Form form,
                FormOf(c.input(kQuery).dims.rank(), c.has(kKey) ? c.input(kKey).dims.rank() : 0, c.has(kValue)));
  AttentionSizes z;
  int64_t fresh = 0;
  HASTEN_ASSIGN(const Operands x, ReadOperands(c, form, a.num_heads, &z, &fresh));
  z.past = c.has(kPastKey) ? c.input(kPastKey).dims[2] : 0;
  z.keys = z.past + fresh;
  z.scale = ScaleOf(a.scale, z.head);
  if (c.has(kBias)) {
    HASTEN_ASSIGN(const auto bias, c.Doubles(kBias));
    const int64_t hidden = z.heads * z.head;
    AddBias(x.q, z, z.queries, z.head, bias.data());
    if (form != Form::kHeads) {
      AddBias(x.k, z, fresh, z.head, bias.data() + hidden);
      AddBias(x.v, z, fresh, z.value_head, bias.data() + 2 * hidden);
    }
  }
  HASTEN_ASSIGN(const Heads k, JoinPast(c, z, z.head, c.has(kPastKey) ? &c.input(kPastKey) : nullptr, 0, x.k));
  HASTEN_ASSIGN(const Heads v,
                JoinPast(c, z, z.value_head, c.has(kPastValue) ? &c.input(kPastValue) : nullptr, 0, x.v));
  HASTEN_ASSIGN(const AttentionMask mask, AttentionMask::Of(c, kMask, z, a.unidirectional, a.mask_filter_value));
  HASTEN_ASSIGN(const ScoreBias score_bias, ScoreBias::Of(c, kScoreBias));
  HASTEN_ASSIGN(const auto y, c.Scratch<double>(c.output(0).elements()));
  HASTEN_TRY(Attend(c, z, x.q, k, v, RowMajorHeads(y.data(), z.queries, z.heads * z.value_head, z.value_head),
                    [&](int64_t b, int64_t n, int64_t s, std::span<double> row) {
                      mask.Apply(b, s, row);
                      score_bias.Apply(b, n, s, row);
                      if (c.wants(3)) WriteDoubles(&c.output(3), ((b * z.heads + n) * z.queries + s) * z.keys, row);
                      SoftmaxRow(row);
                    }));
  WriteDoubles(&c.output(0), 0, y);
  if (c.wants(1)) WriteDoubles(&c.output(1), 0, std::span(k.data, static_cast<size_t>(c.output(1).elements())));
  if (c.wants(2)) WriteDoubles(&c.output(2), 0, std::span(v.data, static_cast<size_t>(c.output(2).elements())));
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  constexpr DType kF = DType::kF32, kI = DType::kI32;
  const SampleInput q{kF, {2, 3, 8}}, k{kF, {2, 5, 8}}, v{kF, {2, 5, 6}}, none{DType::kNone, {}}, bias{kF, {22}};
  const SampleInput pk{kF, {2, 2, 4, 4}}, pv{kF, {2, 2, 4, 3}};
  const NamedAttr heads{"num_heads", int64_t{2}}, causal{"unidirectional", int64_t{1}};
  return {{"plain", {q, k, v}, {heads}},
          {"bias", {q, k, v, bias}, {heads}},
          {"ends", {q, k, v, none, {kI, {2}, 0, 0, {2, 4}}}, {heads}},
          {"mask of keys", {q, k, v, none, {kI, {2, 5}, 0, 1}}, {heads, {"mask_filter_value", -2.0f}}},
          {"mask of pairs", {q, k, v, none, {kI, {2, 3, 5}, 0, 1}}, {heads}},
          {"score bias", {q, k, v, none, none, {kF, {1, 2, 3, 5}}}, {heads}},
          {"past", {q, k, v, bias, none, none, pk, pv}, {heads}, 3},
          {"causal", {q, {kF, {2, 3, 8}}, {kF, {2, 3, 8}}}, {heads, causal}},
          {"scale, scores", {q, k, v}, {heads, {"scale", 0.3f}}, 4},
          {"heads come first", {q, {kF, {2, 2, 5, 4}}, {kF, {2, 2, 5, 3}}}, {heads}},
          {"key and value packed", {q, {kF, {2, 5, 2, 2, 4}}}, {heads}},
          {"all packed", {{kF, {2, 3, 2, 3, 4}}}, {heads}, 3},
          {"f16", {{DType::kF16, {1, 3, 4}}, {DType::kF16, {1, 3, 4}}, {DType::kF16, {1, 3, 4}}}, {heads}}};
}

double Flops(const CostCall& c) {
  const auto q = c.in[kQuery].shape.Concrete(), y = c.out[0].shape.Concrete();
  if (!q || !y) return 0;
  const bool all = q->rank() == 5;
  const auto k = all ? q : c.in[kKey].shape.Concrete();
  if (!k) return 0;
  const double keys = static_cast<double>((*k)[k->rank() == 4 ? 2 : 1]);
  return 2 * keys * (static_cast<double>(q->elements()) / (all ? 3 : 1) + static_cast<double>(y->elements()));
}

}  // namespace

extern const OpDef kMultiHeadAttention = {
    .name = "com.microsoft.MultiHeadAttention",
    .doc =
        "y = softmax(scale * q k^T + mask + score bias) v for each of N heads. query: float [B, S, D]; key: [B, L, D]; "
        "value: [B, L, "
        "V]; or key and value as [B, N, L, H], or packed [B, L, N, 2, H], or all packed [B, S, N, 3, H]; bias: [2 * D "
        "+ V], added to "
        "the three; mask: i32 [B] (ends), [B, T] or [B, S, T], which adds mask_filter_value where it hides; score "
        "bias: [B or 1, N or "
        "1, S, T]; past: [B, N, P, H], in front of keys and values; y: [B, S, V]; present: [B, N, T, H], T = P + L; "
        "scores before the "
        "softmax: [B, N, S, T]. scale: 1 / sqrt(H) unless given. Vaswani et al., 2017.",
    .attrs = SchemaOf<MultiHeadAttrs>(kFields),
    .arity = {1, 10, 1, 4},
    .onnx = {"com.microsoft", "MultiHeadAttention", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = Flops,
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
