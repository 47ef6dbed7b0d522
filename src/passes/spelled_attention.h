// Self-attention with its projections, spelled out in many nodes.
#pragma once
#include "passes/rule.h"

namespace hasten {

// x * weight + bias, cut into heads; of f32 constants.
struct SpelledProjection {
  ValueId x = kNone, weight = kNone, bias = kNone;  // bias: kNone where there is none
  int64_t heads = 0, head = 0;                      // how many, and the size of each
  int part = -1;                                    // a third of the weight's columns; -1: they are all of it
};

struct SpelledAttention {
  SpelledProjection q, k, v;   // of one x [B, S, I], with as many heads
  ValueId score_bias = kNone;  // added to the scaled scores
  double scale = 1;
  bool is_causal = false;
  // Queries, keys and values are the thirds of one weight, in this order.
  bool is_merged() const { return q.part >= 0; }
};

// What the Reshape n, which puts heads together again, and nodes before it that serve nothing else compute.
std::optional<SpelledAttention> SpelledAttentionAt(const RewriteContext& c, NodeId n);

}  // namespace hasten
