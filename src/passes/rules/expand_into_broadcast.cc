#include <algorithm>

#include "passes/rule.h"

namespace hasten::rules {
namespace {

// Whose inputs broadcast, each to all others.
constexpr std::string_view kRoots[] = {
    "Add", "And", "Div", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Max", "Mean", "Min", "Mod",
    "Mul", "Or",  "Pow", "Sub",   "Sum",     "Where",          "Xor"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const Type& whole = c.type(node.outputs[0]);
  if (!node.epilogue.empty() || !whole.is_tensor() || !whole.shape.ranked()) return false;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const NodeId expand = c.Producer(node.inputs[i], "Expand");
    if (expand == kNone) continue;
    const ValueId x = c.node(expand).inputs[0];
    if (!c.type(x).shape.ranked()) continue;
    Result<Shape> shape = c.type(x).shape;
    for (size_t k = 0; k < node.inputs.size() && shape.ok(); ++k)
      if (k != i) shape = Broadcast(*shape, c.type(node.inputs[k]).shape);
    if (!shape.ok() || !(*shape == whole.shape)) continue;
    c.SetInput(n, i, x);
    return true;
  }
  return false;
}

}  // namespace

extern const Rule kExpandIntoBroadcast = {
    .name = "expand_into_broadcast",
    .doc = "Expand of an operand of an elementwise node that the other operands enlarge as much -> nothing.",
    .benefit = 30,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
