#include <algorithm>

#include "passes/cut.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Squeeze"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const NodeId inner = c.Producer(c.node(n).inputs[0], "Squeeze");
  if (inner == kNone) return false;
  const auto first = NamedAxes(c, inner), second = NamedAxes(c, n);
  if (!first || !second) return false;
  const ValueId x = c.node(inner).inputs[0], y = c.node(n).outputs[0];
  std::vector<int64_t> axes = *first;
  int64_t kept = 0;  // axes of x that the first leaves
  for (int64_t axis = 0; axis < c.type(x).shape.rank(); ++axis) {
    if (std::find(first->begin(), first->end(), axis) != first->end()) continue;
    if (std::find(second->begin(), second->end(), kept++) != second->end()) axes.push_back(axis);
  }
  std::sort(axes.begin(), axes.end());
  const ValueId all = c.AddConstant(c.value(y).name + ".axes", VectorI64(axes));
  HASTEN_ASSIGN(const ValueId out, c.Add("Squeeze", {x, all}, n));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kMergeSqueezes = {
    .name = "merge_squeezes",
    .doc = "Squeeze of a Squeeze, both of known axes -> one, also where several lengths are open.",
    .benefit = 10,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
