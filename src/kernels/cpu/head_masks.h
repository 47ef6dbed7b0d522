// What com.microsoft.MultiHeadAttention and its kin add to scores.
#pragma once
#include "kernels/cpu/tile_attention.h"

namespace hasten::cpu {

// Decided when shapes are bound; plain data.  See ops/microsoft/heads.h for what the masks mean.
struct HeadMask {
  int64_t batch = 0, queries = 0, keys = 0, past = 0;
  int rank = 0;  // 0: no mask
  bool starts = false, causal = false;
  float filter = 0;
  int64_t bias_batch = 0, bias_head = 0, bias_row = 0, bias_keys = 0;  // strides; keys that have a term

  Status BindMask(const Type& mask);
  void BindBias(const Dims& bias);
};
// Whether inputs `mask` and `bias` of the call are such as HeadMask takes.
bool HeadMaskSupported(const PlanCall& call, size_t mask, size_t bias);

struct HeadMaskRules {
  const HeadMask* is = nullptr;
  const int32_t* mask = nullptr;
  const float* bias = nullptr;
  ScoreRules rules() const;
};

}  // namespace hasten::cpu
