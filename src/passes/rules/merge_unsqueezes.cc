#include <algorithm>

#include "passes/cut.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Unsqueeze"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const NodeId inner = c.Producer(c.node(n).inputs[0], "Unsqueeze");
  if (inner == kNone) return false;
  const auto first = NamedAxes(c, inner), second = NamedAxes(c, n);
  const ValueId x = c.node(inner).inputs[0], y = c.node(n).outputs[0];
  if (!first || !second) return false;
  std::vector<int64_t> axes = *second;
  int64_t kept = 0;  // axes of the inner result
  for (int64_t axis = 0; axis < c.type(y).shape.rank(); ++axis) {
    if (std::find(second->begin(), second->end(), axis) != second->end()) continue;
    if (std::find(first->begin(), first->end(), kept++) != first->end()) axes.push_back(axis);
  }
  std::sort(axes.begin(), axes.end());
  const ValueId all = c.AddConstant(c.value(y).name + ".axes", VectorI64(axes));
  HASTEN_ASSIGN(const ValueId out, c.Add("Unsqueeze", {x, all}, n));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kMergeUnsqueezes = {
    .name = "merge_unsqueezes",
    .doc = "Unsqueeze of an Unsqueeze -> one that adds the axes of both.",
    .benefit = 10,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
