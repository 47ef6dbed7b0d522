// Attention, spelled out in many nodes.
#pragma once
#include "passes/rule.h"

namespace hasten {

// What Softmax weighs: scale * (queries * keys), with something added or some entries hidden.
struct SpelledScores {
  NodeId product = kNone;  // of queries [.., S, H] and keys [.., H, T]
  double scale = 1;        // that is not part of the product
  ValueId added = kNone;   // kNone: nothing
  ValueId hidden = kNone;  // a condition that gives entries the value `fill`: where it holds, or where it does not
  bool hides_true = true;  // which of these
  float fill = 0;          // at most -1e30: adding it to a score gives itself
  bool is_causal = false;  // what comes later is hidden; then `hidden` is kNone
};
// Of v and nodes before it that serve nothing else.
std::optional<SpelledScores> SpelledScoresAt(const RewriteContext& c, ValueId v);

// The node if it has this name, no epilogue, and its output v is read once; kNone otherwise.
NodeId OnlyProducer(const RewriteContext& c, ValueId v, std::string_view op);
bool HasPerm(const RewriteContext& c, NodeId transpose, const std::vector<int64_t>& perm);
// A Softmax over the last axis of 4.
bool IsRowSoftmax(const RewriteContext& c, NodeId softmax);

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
