#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Where"};

// Of a condition that is known and the same everywhere, the input that is taken.
std::optional<size_t> Taken(const Tensor* condition) {
  if (!condition || condition->elements() == 0) return std::nullopt;
  const bool first = condition->Int(0) != 0;
  for (int64_t i = 1; i < condition->elements(); ++i)
    if ((condition->Int(i) != 0) != first) return std::nullopt;
  return first ? 1 : 2;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const auto taken = Taken(c.Known(node.inputs[0]));
  if (!taken || !node.epilogue.empty()) return false;
  const ValueId x = node.inputs[*taken], y = node.outputs[0];
  if (!c.type(x).shape.ranked() || !(c.type(x) == c.type(y)) || !c.CanReplace(y, x)) return false;
  c.Replace(y, x);
  return true;
}

}  // namespace

extern const Rule kWhereToBranch = {
    .name = "where_to_branch",
    .doc = "Where whose condition is known and the same for all elements -> what it takes, if that has the shape.",
    .benefit = 50,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
