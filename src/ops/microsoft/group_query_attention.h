// com.microsoft.GroupQueryAttention, as its kernels see it.
#pragma once
#include "ops/op.h"

namespace hasten::ops::microsoft {

struct GroupQueryAttrs {
  enum Input : int {
    kQuery,
    kKey,
    kValue,
    kPastKey,
    kPastValue,
    kLengths,
    kTotal,
    kCos,
    kSin,
    kPositions,
    kScoreBias,
    kSink,
    kKeyScale,
    kValueScale,
    kQueryNorm,
    kKeyNorm
  };
  int64_t num_heads = 0, kv_num_heads = 0, local_window_size = -1, smooth_softmax = -1, qk_output = 0;
  int64_t kv_cache_bit_width = 0, causal = 1;
  bool do_rotary = false, rotary_interleaved = false, sliding_window_cache = false;
  float softcap = 0, qk_norm_epsilon = 1e-6f;
  std::optional<float> scale;
  std::string k_quant_type = "NONE", v_quant_type = "NONE";
};

}  // namespace hasten::ops::microsoft
