// What exporters spell out in several nodes.
#pragma once
#include "passes/rule.h"

namespace hasten {

// True if nobody but the nodes themselves reads what they give, last's outputs apart.
bool AreClosed(const RewriteContext& c, std::span<const NodeId> nodes, NodeId last);

// One instruction of a pointwise program, of one operand.
struct SpelledActivation {
  PointwiseInstr instr;
  ValueId x = kNone;
};
// What node n and as many nodes before it as possible, which serve nothing else, compute from one value of the same
// shape, f32, if they come down to one instruction.
std::optional<SpelledActivation> SpelledActivationAt(const RewriteContext& c, NodeId n);

// (x - mean) / sqrt(variance + epsilon), or x / sqrt(mean of squares + epsilon), over the last axes of x.
struct SpelledNormalization {
  ValueId x = kNone;
  int axis = 0;  // the first of them
  float epsilon = 0;
  bool centered = true;
};
std::optional<SpelledNormalization> SpelledNormalizationAt(const RewriteContext& c, NodeId n);

}  // namespace hasten
