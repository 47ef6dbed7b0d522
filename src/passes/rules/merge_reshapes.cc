#include <algorithm>

#include "passes/reshape.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Flatten", "Reshape", "Squeeze", "Unsqueeze"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId x = c.node(n).inputs[0], y = c.node(n).outputs[0];
  const NodeId inner = x == kNone ? kNone : c.value(x).producer;
  if (inner == kNone || !c.node(inner).op) return false;
  const auto& op = c.node(inner).op->name;
  if (std::find(std::begin(kRoots), std::end(kRoots), op) == std::end(kRoots)) return false;
  const ValueId from = c.node(inner).inputs[0];
  if (c.type(from).is_tensor() && c.type(from).shape.ranked() && c.type(from).shape == c.type(y).shape &&
      c.CanReplace(y, from)) {
    c.Replace(y, from);
    return true;
  }
  return ReplaceByReshape(c, y, from, n);
}

}  // namespace

extern const Rule kMergeReshapes = {
    .name = "merge_reshapes",
    .doc = "Reshape, Flatten, Squeeze or Unsqueeze of another of them -> one Reshape, or nothing.",
    .benefit = 30,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
