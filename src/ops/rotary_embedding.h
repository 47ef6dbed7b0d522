#pragma once
#include "ops/op.h"

namespace hasten {

struct RotaryEmbeddingAttrs {
  bool interleaved = false;
  std::optional<int64_t> num_heads;
  int64_t rotary_embedding_dim = 0;  // 0: the whole head
};

}  // namespace hasten
