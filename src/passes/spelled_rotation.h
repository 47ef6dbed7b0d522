// Rotary embeddings as exporters spell them: x * cos + rotate_half(x) * sin.
#pragma once
#include "passes/rule.h"

namespace hasten {

// Rotations of f32 [B, N, S, H] by the same angles, in topological order: all that read the cosines and sines, which
// have equal halves along the last axis.
struct SpelledRotations {
  struct Rotation {
    NodeId sum;  // the last node
    ValueId x, cosine, sine;
  };
  std::vector<Rotation> all;
  ValueId cosine, sine;  // [S, H], [b, S, H] or [b, 1, S, H]
  Dim batch;             // b; 1 of [S, H]
};
std::optional<SpelledRotations> SpelledRotationsAt(const RewriteContext& c, NodeId n);

// What the first half of such a value along its last axis is computed from, by new nodes in front of `before`.
Result<ValueId> FirstHalf(RewriteContext& c, ValueId v, NodeId before);
// The value without these axes of length 1.
Result<ValueId> WithoutAxes(RewriteContext& c, ValueId v, const std::vector<int64_t>& axes, NodeId before);

}  // namespace hasten
