#include "ops/preview/flex_attention_steps.h"
#include "ops/region.h"

namespace hasten::ops::preview {
namespace {

struct FlexAttentionAttrs {
  GraphPtr score_mod, prob_mod;
  std::optional<float> scale;
  std::optional<int64_t> softmax_precision;
};

// score_mod comes first: bodies are numbered in this order.
constexpr AttrField kFields[] = {
    Field<&FlexAttentionAttrs::score_mod>("score_mod"), Field<&FlexAttentionAttrs::prob_mod>("prob_mod"),
    Field<&FlexAttentionAttrs::scale>("scale"), Field<&FlexAttentionAttrs::softmax_precision>("softmax_precision")};

// A graph maps scores to scores of the same shape.
Status CheckBody(InferCall& c, const GraphPtr& body, const Type& scores, std::string_view attr) {
  if (!body) return {};
  HASTEN_ASSIGN(const auto types, c.driver->InferBody(body.get(), std::span(&scores, 1), *c.node));
  HASTEN_REQUIRE(types.size() == 1, attr, " must have one output, has ", types.size());
  const Type& y = types[0];
  if (!y.is_tensor() || !y.shape.ranked()) return {};
  HASTEN_REQUIRE(y.shape.rank() == 4, attr, " must give rank 4, gives ", y);
  for (int i = 0; i < 4; ++i)
    HASTEN_REQUIRE(!NeverEqual(y.shape[i], scores.shape[i]), attr, " must keep the shape ", scores.shape, ", gives ",
                   y.shape);
  return {};
}

Status CheckShapes(const InferCall& c, const Shape& q, const Shape& k, const Shape& v) {
  const auto agree = [](const Dim& a, const Dim& b) { return !NeverEqual(a, b); };
  HASTEN_REQUIRE(agree(q[0], k[0]) && agree(q[0], v[0]) && agree(q[3], k[3]) && agree(k[1], v[1]) && agree(k[2], v[2]),
                 "Q, K and V must be [B, Hq, L, E], [B, Hkv, S, E] and [B, Hkv, S, Ev], are ", q, ", ", k, " and ", v);
  if (q[1].is_const() && k[1].is_const())
    HASTEN_REQUIRE(k[1].value() > 0 && q[1].value() % k[1].value() == 0,
                   "query heads must be a multiple of key heads, are ", q[1], " and ", k[1]);
  return c.RequireSameDType(0, 1);
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<FlexAttentionAttrs>();
  Shape s[3];
  for (int i = 0; i < 3; ++i) {
    HASTEN_TRY(c.RequireTensor(i));
    HASTEN_TRY(c.RequireRank(i, 4));
    s[i] = c.shape(i).ranked() ? c.shape(i) : Shape::Fresh(4);
  }
  HASTEN_TRY(CheckShapes(c, s[0], s[1], s[2]));
  const DType precision = ScoresDType(a.softmax_precision, c.dtype(0));
  HASTEN_REQUIRE(
      precision == DType::kF32 || precision == DType::kF16 || precision == DType::kF64 || precision == DType::kBF16,
      "softmax_precision must be a float type, is ", static_cast<int64_t>(precision));
  const Type scores = Type::Tensor(precision, {s[0][0], s[0][1], s[0][2], s[1][2]});
  HASTEN_TRY(CheckBody(c, a.score_mod, scores, "score_mod"));
  HASTEN_TRY(CheckBody(c, a.prob_mod, scores, "prob_mod"));
  c.Out(0, c.dtype(2), {s[0][0], s[0][1], s[0][2], s[2][3]});
  return {};
}

Attrs ScoresAttrs(const FlexAttentionAttrs& a) {
  Attrs attrs(kFlexScores.attrs);
  attrs.as<FlexScoresAttrs>() = {a.scale, a.softmax_precision};
  return attrs;
}

// x becomes what body k makes of it.
Status Modify(KernelCall& c, int k, Value* x) {
  std::vector<Value> results;
  HASTEN_TRY(c.RunBody(k, std::span(x, 1), &results));
  HASTEN_REQUIRE(results.size() == 1 && results[0].is_tensor() && results[0].tensor().dims == x->tensor().dims &&
                     results[0].tensor().dtype == x->tensor().dtype,
                 "a modifier graph must give one tensor ", x->tensor());
  *x = std::move(results[0]);
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<FlexAttentionAttrs>();
  Value scores, probabilities, y;
  const Value* operands[] = {c.in[0], c.in[1]};
  HASTEN_TRY(CallOp(c, kFlexScores, ScoresAttrs(a), operands, &scores));
  int body = 0;
  if (a.score_mod) HASTEN_TRY(Modify(c, body++, &scores));
  operands[0] = &scores;
  HASTEN_TRY(CallOp(c, kFlexSoftmax, Attrs(), std::span(operands, 1), &probabilities));
  if (a.prob_mod) HASTEN_TRY(Modify(c, body, &probabilities));
  operands[0] = &probabilities;
  operands[1] = c.in[2];
  HASTEN_TRY(CallOp(c, kFlexApply, Attrs(), operands, &y));
  c.Set(0, std::move(y));
  return {};
}

// Emits body k, which makes another x of x.
Status Modify(RegionBuilder& b, size_t k, SlotId* x) {
  HASTEN_ASSIGN(const auto results, b.Body(k, std::span(x, 1)));
  HASTEN_REQUIRE(results.size() == 1, "a modifier graph must have one output, has ", results.size());
  *x = results[0];
  return {};
}

Status Lower(RegionBuilder& b) {
  const auto& a = b.node().attrs.as<FlexAttentionAttrs>();
  SlotId scores = b.Temporary(), probabilities = b.Temporary();
  b.Call(kFlexScores, ScoresAttrs(a), {b.Input(0), b.Input(1)}, {scores});
  size_t body = 0;
  if (a.score_mod) HASTEN_TRY(Modify(b, body++, &scores));
  b.Call(kFlexSoftmax, Attrs(), {scores}, {probabilities});
  if (a.prob_mod) HASTEN_TRY(Modify(b, body, &probabilities));
  b.Call(kFlexApply, Attrs(), {probabilities, b.Input(2)}, {b.Output(0)});
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  constexpr DType kF = DType::kF32;
  const SampleInput q{kF, {2, 4, 3, 5}}, k{kF, {2, 2, 7, 5}}, v{kF, {2, 2, 7, 6}};
  return {{"grouped heads", {q, k, v}},
          {"scale", {q, k, v}, {{"scale", 0.1f}}},
          {"one token", {{kF, {1, 1, 1, 1}}, {kF, {1, 1, 1, 1}}, {kF, {1, 1, 1, 1}}}},
          {"f16 in f64",
           {{DType::kF16, {1, 2, 3, 5}}, {DType::kF16, {1, 2, 7, 5}}, {DType::kF16, {1, 2, 7, 6}}},
           {{"softmax_precision", int64_t{11}}}}};
}

}  // namespace

extern const OpDef kFlexAttention = {
    .name = "ai.onnx.preview.FlexAttention",
    .doc =
        "Y = prob_mod(softmax(score_mod(scale * Q K^T))) V per head; query head h uses key head h / (Hq / Hkv); scale "
        "defaults to 1 / sqrt(E). The graphs map [B, Hq, L, S] of dtype softmax_precision to the same; absent ones do "
        "nothing. Q: float [B, Hq, L, E]; K: [B, Hkv, S, E]; V: [B, Hkv, S, Ev]; Y: [B, Hq, L, Ev].",
    .attrs = SchemaOf<FlexAttentionAttrs>(kFields),
    .arity = {3, 3},
    .onnx = {"ai.onnx.preview", "FlexAttention", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.region = true},
    .samples = Samples,
    .lower = Lower,
};

}  // namespace hasten::ops::preview
