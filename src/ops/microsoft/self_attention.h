// What Attention and QAttention share: one merged projection, a past in one tensor.
#pragma once
#include "ops/microsoft/heads.h"

namespace hasten::ops::microsoft {

struct SelfAttentionAttrs {
  int64_t num_heads = 0;
  bool unidirectional = false, do_rotary = false, past_present_share_buffer = false;
  float mask_filter_value = -10000;
  std::optional<float> scale;
};

struct AttentionAttrs : SelfAttentionAttrs {
  std::vector<int64_t> qkv_hidden_sizes;
  int64_t rotary_embedding_dim = 0;
};
// Numbers of the inputs; kNoInput where the op has none.
struct SelfAttentionInputs {
  int x, weights, bias, mask, past, score_bias;
};
inline constexpr int kNoInput = -1;

// Sizes of queries (and keys) and of values; empty: a third of the weights' columns each.
Status InferSelfAttention(InferCall& c, const SelfAttentionAttrs& a, const SelfAttentionInputs& in,
                          const std::vector<int64_t>& hidden_sizes);
// `qkv`: the projection without bias, [B, S, hidden + hidden + value hidden].
Status EvalSelfAttention(KernelCall& c, const SelfAttentionAttrs& a, const SelfAttentionInputs& in,
                         const std::vector<int64_t>& hidden_sizes, std::span<double> qkv);
// Of the projection and the products with keys and values.
double SelfAttentionFlops(const CostCall& c, const SelfAttentionInputs& in);

}  // namespace hasten::ops::microsoft
