#include "ops/matrix.h"
#include "ops/microsoft/self_attention.h"

namespace hasten::ops::microsoft {
namespace {

constexpr AttrField kFields[] = {
    Field<&AttentionAttrs::do_rotary>("do_rotary"),
    Field<&AttentionAttrs::mask_filter_value>("mask_filter_value"),
    Field<&AttentionAttrs::num_heads>("num_heads"),
    Field<&AttentionAttrs::past_present_share_buffer>("past_present_share_buffer"),
    Field<&AttentionAttrs::qkv_hidden_sizes>("qkv_hidden_sizes"),
    Field<&AttentionAttrs::rotary_embedding_dim>("rotary_embedding_dim"),
    Field<&AttentionAttrs::scale>("scale"),
    Field<&AttentionAttrs::unidirectional>("unidirectional"),
};
constexpr SelfAttentionInputs kInputs = {.x = 0, .weights = 1, .bias = 2, .mask = 3, .past = 4, .score_bias = 5};

Status Infer(InferCall& c) {
  const auto& a = c.attrs<AttentionAttrs>();
  for (int i : {1, 2, 4, 5}) HASTEN_TRY(c.RequireSameDType(0, i));
  return InferSelfAttention(c, a, kInputs, a.qkv_hidden_sizes);
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<AttentionAttrs>();
  const Dims &x = c.input(0).dims, &w = c.input(1).dims;
  HASTEN_ASSIGN(const auto rows, c.Doubles(0));
  HASTEN_ASSIGN(const auto panel, c.Scratch<double>(kPanelElements));
  HASTEN_ASSIGN(const auto qkv, c.Scratch<double>(x[0] * x[1] * w[1]));
  Multiply(rows, {&c.input(1), 0, w[0], w[1]}, {}, panel, qkv);
  return EvalSelfAttention(c, a, kInputs, a.qkv_hidden_sizes, qkv);
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  constexpr DType kF = DType::kF32, kI = DType::kI32;
  const SampleInput x{kF, {2, 3, 5}}, w{kF, {5, 24}}, b{kF, {24}}, none{DType::kNone, {}}, past{kF, {2, 2, 2, 4, 4}};
  const NamedAttr heads{"num_heads", int64_t{2}}, causal{"unidirectional", int64_t{1}};
  return {
      {"plain", {x, w, b}, {heads}},
      {"no bias", {x, w}, {heads}},
      {"causal", {x, w, b}, {heads, causal}},
      {"past", {x, w, b, none, past}, {heads, causal}, 2},
      {"ends", {x, w, b, {kI, {2}, 0, 0, {2, 3}}}, {heads}},
      {"ends and starts", {x, w, b, {kI, {4}, 0, 0, {2, 3, 0, 1}}}, {heads}},
      {"mask of keys", {x, w, b, {kI, {2, 3}, 0, 0, {1, 0, 1, 1, 1, 0}}}, {heads}},
      {"mask of keys with past", {x, w, b, {kI, {2, 7}, 0, 1}, past}, {heads, {"mask_filter_value", -3.4e38f}}, 2},
      {"mask of pairs", {x, w, b, {kI, {2, 3, 3}, 0, 1}}, {heads, causal}},
      {"score bias", {x, w, b, none, none, {kF, {1, 2, 3, 3}}}, {heads}},
      {"score bias of all", {x, w, b, none, none, {kF, {2, 1, 3, 3}}}, {heads}},
      {"scale", {x, w, b}, {heads, {"scale", 0.7f}}},
      {"mask_filter_value", {x, w, b, {kI, {2}, 0, 0, {2, 1}}}, {heads, {"mask_filter_value", -1.0f}}},
      {"longer values", {x, {kF, {5, 20}}, {kF, {20}}}, {heads, {"qkv_hidden_sizes", std::vector<int64_t>{6, 6, 8}}}},
      {"one head, one row", {{kF, {1, 1, 5}}, {kF, {5, 3}}, {kF, {3}}}, {{"num_heads", int64_t{1}}}},
      {"f16", {{DType::kF16, {1, 3, 5}}, {DType::kF16, {5, 12}}, {DType::kF16, {12}}}, {heads}, 2}};
}

}  // namespace

extern const OpDef kAttention = {
    .name = "com.microsoft.Attention",
    .doc =
        "Multi-head self-attention: q, k, v = x * W + bias by columns; y = softmax(scale * q k^T + mask + score bias) "
        "v per head, "
        "keys and values behind those of `past`. x: float [B, S, I]; W: [I, D + D + V]; bias: [2 * D + V]; mask: i32 "
        "[B] (ends), [2 * "
        "B] (ends, starts), [B, T] or [B, S, T], which adds mask_filter_value where it hides; past: [2, B, N, P, D / "
        "N]; score "
        "bias: [B or 1, N or 1, S, T]; y: [B, S, V]; present: [2, B, N, T, D / N], T = P + S. scale: 1 / sqrt(D / N) "
        "unless given. "
        "Vaswani et al., 2017.",
    .attrs = SchemaOf<AttentionAttrs>(kFields),
    .arity = {2, 7, 1, 2},
    .onnx = {"com.microsoft", "Attention", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = [](const CostCall& c) { return SelfAttentionFlops(c, kInputs); },
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
