#include "passes/attributes.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Gelu", "com.microsoft.Gelu", "com.microsoft.FastGelu"};

// A vector along the last axis of the other operand.
bool IsBias(const RewriteContext& c, ValueId v, ValueId x) {
  const Shape &bias = c.type(v).shape, &shape = c.type(x).shape;
  return bias.ranked() && shape.ranked() && bias.rank() == 1 && shape.rank() > 0 && bias[0] == shape[shape.rank() - 1];
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const ValueId sum = node.inputs[0], y = node.outputs[0];
  const NodeId add = c.Producer(sum, "Add");
  const bool has_bias = node.inputs.size() > 1 && node.inputs[1] != kNone;
  if (add == kNone || has_bias || !c.OnlyUse(sum) || c.type(y).dtype != DType::kF32 || !c.node(add).epilogue.empty() ||
      !node.epilogue.empty())
    return false;
  const bool tanh =
      node.op->name == "com.microsoft.FastGelu" || AttrOr<std::string>(node, "approximate", "none") == "tanh";
  for (size_t i : {size_t{0}, size_t{1}}) {
    const ValueId x = c.node(add).inputs[i], bias = c.node(add).inputs[1 - i];
    if (!IsBias(c, bias, x)) continue;
    HASTEN_ASSIGN(const ValueId out, c.Add(tanh ? "com.microsoft.FastGelu" : "com.microsoft.BiasGelu", {x, bias}, n));
    c.Replace(y, out);
    return true;
  }
  return false;
}

}  // namespace

extern const Rule kBiasIntoGelu = {
    .name = "bias_into_gelu",
    .doc = "Add of a vector along the last axis, then Gelu of f32 -> com.microsoft.BiasGelu, or FastGelu with a bias.",
    .stage = Stage::kContrib,
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
