// The steps of FlexAttention between its graphs: internal ops without a form in ONNX.
#pragma once
#include "ops/op.h"

namespace hasten::ops::preview {

struct FlexScoresAttrs {
  float scale = 0;
  int64_t precision = 1;  // dtype of the scores
};

extern const OpDef kFlexScores;   // (Q [B, Hq, L, E], K [B, Hkv, S, E]) -> scale * Q K^T: [B, Hq, L, S]
extern const OpDef kFlexSoftmax;  // softmax along the last axis
extern const OpDef kFlexApply;    // (P [B, Hq, L, S], V [B, Hkv, S, Ev]) -> P V: [B, Hq, L, Ev], dtype of V

}  // namespace hasten::ops::preview
