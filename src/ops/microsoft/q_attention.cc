#include "ops/microsoft/self_attention.h"
#include "ops/quantized.h"

namespace hasten::ops::microsoft {
namespace {

constexpr AttrField kFields[] = {
    Field<&SelfAttentionAttrs::do_rotary>("do_rotary"),
    Field<&SelfAttentionAttrs::mask_filter_value>("mask_filter_value"),
    Field<&SelfAttentionAttrs::num_heads>("num_heads"),
    Field<&SelfAttentionAttrs::past_present_share_buffer>("past_present_share_buffer"),
    Field<&SelfAttentionAttrs::scale>("scale"),
    Field<&SelfAttentionAttrs::unidirectional>("unidirectional"),
};
constexpr SelfAttentionInputs kInputs = {.x = 0, .weights = 1, .bias = 2, .mask = 5, .past = 8, .score_bias = kNoInput};

Status Infer(InferCall& c) {
  const auto& a = c.attrs<SelfAttentionAttrs>();
  for (int i : {3, 4, 8}) HASTEN_TRY(c.RequireSameDType(2, i));
  HASTEN_TRY(RequireZeroPoint(c, 6, 0));
  HASTEN_TRY(RequireZeroPoint(c, 7, 1));
  HASTEN_TRY(InferSelfAttention(c, a, kInputs, {}));
  for (int i : {3, 6}) HASTEN_TRY(RequireScalar(c, i));
  for (int i : {4, 7}) HASTEN_TRY(RequireScalarOr(c, i, AxisOf(c, 1, 1), "columns of the weights"));
  return {};
}

Status Eval(KernelCall& c) {
  const Dims &x = c.input(0).dims, &w = c.input(1).dims;
  HASTEN_ASSIGN(const auto qkv, c.Scratch<double>(x[0] * x[1] * w[1]));
  HASTEN_TRY(MultiplyQuantized(c, c.input(0), c.has(6) ? &c.input(6) : nullptr, c.input(1),
                               c.has(7) ? &c.input(7) : nullptr, qkv));
  const double x_scale = c.input(3).Double(0);
  for (size_t i = 0; i < qkv.size(); ++i)
    qkv[i] *= x_scale * LineValue(c.input(4), 0, w[1], static_cast<int64_t>(i) % w[1]);
  return EvalSelfAttention(c, c.attrs<SelfAttentionAttrs>(), kInputs, {}, qkv);
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  constexpr DType kF = DType::kF32, kU = DType::kU8, kI = DType::kI8;
  const SampleInput x{kU, {2, 3, 5}, 0, 255}, w{kI, {5, 24}, -128, 127}, b{kF, {24}}, none{DType::kNone, {}};
  const SampleInput x_scale{kF, {}, 0, 0, {0.01}}, w_scale{kF, {}, 0, 0, {0.02}}, x_zero{kU, {}, 0, 0, {121}},
      w_zero{kI, {}, 0, 0, {3}};
  const NamedAttr heads{"num_heads", int64_t{2}}, causal{"unidirectional", int64_t{1}};
  return {
      {"no zero points", {x, w, b, x_scale, w_scale}, {heads}},
      {"zero points", {x, w, b, x_scale, w_scale, none, x_zero, w_zero}, {heads}},
      {"per column", {x, w, b, x_scale, {kF, {24}, 0.01, 0.02}, none, x_zero, {kI, {24}, -9, 9}}, {heads}},
      {"mask, causal", {x, w, b, x_scale, w_scale, {DType::kI32, {2}, 0, 0, {2, 3}}, x_zero, w_zero}, {heads, causal}},
      {"past", {x, w, b, x_scale, w_scale, none, x_zero, w_zero, {kF, {2, 2, 2, 4, 4}}}, {heads, causal}, 2},
      {"scale", {x, w, b, x_scale, w_scale}, {heads, {"scale", 0.7f}}}};
}

}  // namespace

extern const OpDef kQAttention = {
    .name = "com.microsoft.QAttention",
    .doc =
        "Attention with a quantised projection: q, k, v = (x - x_zero) * (W - W_zero) * x_scale * W_scale + bias, then "
        "as "
        "com.microsoft.Attention. x: i8 or u8 [B, S, I]; W: i8 or u8 [I, 3 * D]; bias: float [3 * D]; x_scale, x_zero: "
        "[]; W_scale, "
        "W_zero: [] or [3 * D]; mask and past as there; y: float [B, S, D]; present: [2, B, N, T, D / N].",
    .attrs = SchemaOf<SelfAttentionAttrs>(kFields),
    .arity = {5, 9, 1, 2},
    .onnx = {"com.microsoft", "QAttention", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = [](const CostCall& c) { return SelfAttentionFlops(c, kInputs); },
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
