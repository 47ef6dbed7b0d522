// com.microsoft.MultiHeadAttention, as its kernels see it.
#pragma once
#include "ops/op.h"

namespace hasten::ops::microsoft {

struct MultiHeadAttrs {
  enum Input : int { kQuery, kKey, kValue, kBias, kMask, kScoreBias, kPastKey, kPastValue, kPastLength, kIndirection };
  int64_t num_heads = 0;
  bool unidirectional = false;
  float mask_filter_value = -10000;
  std::optional<float> scale;
};

}  // namespace hasten::ops::microsoft
