#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Mul"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId y = c.node(n).outputs[0];
  if (!c.node(n).epilogue.empty()) return false;
  for (size_t i : {size_t{0}, size_t{1}}) {
    const ValueId inverse = c.node(n).inputs[i], x = c.node(n).inputs[1 - i];
    const NodeId reciprocal = c.Producer(inverse, "Reciprocal");
    if (reciprocal == kNone || !c.OnlyUse(inverse) || !c.node(reciprocal).epilogue.empty()) continue;
    HASTEN_ASSIGN(const ValueId out, c.Add("Div", {x, c.node(reciprocal).inputs[0]}, n));
    c.Replace(y, out);
    return true;
  }
  return false;
}

}  // namespace

extern const Rule kMultiplyReciprocal = {
    .name = "multiply_reciprocal",
    .doc = "Mul by a Reciprocal that nothing else uses -> Div.",
    .stage = Stage::kMerge,
    .benefit = 10,
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
