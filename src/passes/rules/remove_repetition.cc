#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Abs", "Ceil", "Floor", "Relu", "Round", "Sign"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId x = c.node(n).inputs[0], y = c.node(n).outputs[0];
  const NodeId inner = c.Producer(x, c.node(n).op->name);
  if (inner == kNone || !c.node(n).epilogue.empty() || !c.node(inner).epilogue.empty() || !c.CanReplace(y, x))
    return false;
  c.Replace(y, x);
  return true;
}

}  // namespace

extern const Rule kRemoveRepetition = {
    .name = "remove_repetition",
    .doc = "Abs, Ceil, Floor, Relu, Round or Sign of itself -> once.",
    .benefit = 40,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
