#include <algorithm>

#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Add", "Sub"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const ValueId y = node.outputs[0];
  if (!node.epilogue.empty() || y == kNone) return false;
  for (size_t i : {size_t{1}, size_t{0}}) {
    if (i == 0 && node.op->name != "Add") break;
    const ValueId x = node.inputs[1 - i];
    const Tensor* t = c.Known(node.inputs[i]);
    if (!t || !IsFloat(t->dtype) || t->elements() > 4096 || !c.type(x).shape.ranked() ||
        !(c.type(x).shape == c.type(y).shape) || !c.CanReplace(y, x))
      continue;
    const std::vector<double> all = ToDoubles(*t);
    if (!std::all_of(all.begin(), all.end(), [](double v) { return v == 0; })) continue;
    c.Replace(y, x);
    return true;
  }
  return false;
}

}  // namespace

extern const Rule kRemoveZeroSum = {
    .name = "remove_zero_sum",
    .doc = "x + 0, x - 0 -> x, of floats; -0 + 0 was 0 and stays -0.",
    .benefit = 40,
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
