#pragma once
#include "ops/op.h"

namespace hasten {

struct AttentionAttrs {
  bool is_causal = false;
  std::optional<int64_t> kv_num_heads, q_num_heads;       // required where operands have rank 3
  int64_t left_window_size = -1, right_window_size = -1;  // -1: unbounded
  int64_t qk_matmul_output_mode = 0;
  std::optional<float> scale;  // absent: 1 / sqrt(head size)
  float softcap = 0;           // 0: none
  std::optional<int64_t> softmax_precision;
};

// Operands [batch, heads, length, size], or [batch, length, heads * size] where rank 3.
struct HeadLayout {
  int64_t batch = 0, heads = 0, length = 0, size = 0;
  bool packed = false;  // rank 3
  static HeadLayout Of(const Dims& dims, int64_t heads_if_packed);
  // Of the first element of one head of one token.
  int64_t At(int64_t b, int64_t h, int64_t t) const {
    return (packed ? (b * length + t) * heads + h : (b * heads + h) * length + t) * size;
  }
};

Status EvalAttention(KernelCall& c);

}  // namespace hasten
