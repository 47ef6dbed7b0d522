#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Abs", "Ceil", "Floor", "Neg", "Not", "Relu", "Round", "Sign"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId x = c.node(n).inputs[0], y = c.node(n).outputs[0];
  const std::string_view op = c.node(n).op->name;
  const NodeId inner = c.Producer(x, op);
  if (inner == kNone || !c.node(n).epilogue.empty() || !c.node(inner).epilogue.empty()) return false;
  const ValueId same = op == "Neg" || op == "Not" ? c.node(inner).inputs[0] : x;
  if (!c.CanReplace(y, same)) return false;
  c.Replace(y, same);
  return true;
}

}  // namespace

extern const Rule kRemoveRepetition = {
    .name = "remove_repetition",
    .doc = "Abs, Ceil, Floor, Relu, Round or Sign of itself -> once; Neg of Neg, Not of Not -> nothing.",
    .benefit = 40,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
