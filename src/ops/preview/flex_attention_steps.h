// The steps of FlexAttention between its graphs: internal ops without a form in ONNX.
#pragma once
#include "ops/op.h"

namespace hasten::ops::preview {

struct FlexScoresAttrs {
  std::optional<float> scale;        // absent: 1 / sqrt(E)
  std::optional<int64_t> precision;  // dtype of the scores; absent: f64 for f64, else f32
};
DType ScoresDType(const std::optional<int64_t>& precision, DType operand);

extern const OpDef kFlexScores;   // (Q [B, Hq, L, E], K [B, Hkv, S, E]) -> scale * Q K^T: [B, Hq, L, S]
extern const OpDef kFlexSoftmax;  // softmax along the last axis
extern const OpDef kFlexApply;    // (P [B, Hq, L, S], V [B, Hkv, S, Ev]) -> P V: [B, Hq, L, Ev], dtype of V

}  // namespace hasten::ops::preview
