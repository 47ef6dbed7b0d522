// Pads with a constant, at places known before any run.
#pragma once
#include "ops/pad.h"
#include "passes/rule.h"

namespace hasten {

struct ConstantPad {
  std::vector<PadBorder> borders;  // one an axis of what is padded
  double fill = 0;
};
// What the Pad n does, if that is known.
std::optional<ConstantPad> ConstantPadOf(const RewriteContext& c, NodeId n);

}  // namespace hasten
