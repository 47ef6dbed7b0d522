#include <cmath>

#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Add", "Div", "Mul", "Pow", "Sub"};

// Whether x op t is x in every bit, for all elements of t alike.  x + 0 would lose the sign of -0; x + -0 does not.
bool IsUnit(std::string_view op, const Tensor& t) {
  if (!IsFloat(t.dtype) && !IsInteger(t.dtype)) return false;
  const bool real = IsFloat(t.dtype);
  for (int64_t i = 0; i < t.elements(); ++i) {
    const double v = t.Double(i);
    if (op == "Mul" || op == "Div" || op == "Pow") {
      if (v != 1) return false;
    } else if (v != 0 || (real && std::signbit(v) != (op == "Add"))) {
      return false;
    }
  }
  return true;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const std::string_view op = node.op->name;
  const ValueId y = node.outputs[0];
  if (!node.epilogue.empty() || y == kNone) return false;
  for (size_t i : {size_t{1}, size_t{0}}) {
    if (i == 0 && op != "Add" && op != "Mul") break;
    const ValueId x = node.inputs[1 - i];
    const Tensor* t = c.Known(node.inputs[i]);
    const Type &from = c.type(x), &to = c.type(y);
    if (!t || t->elements() > 4096 || !IsUnit(op, *t) || !from.is_tensor() || !from.shape.ranked() ||
        !(from.shape == to.shape) || from.dtype != to.dtype || !c.CanReplace(y, x))
      continue;
    c.Replace(y, x);
    return true;
  }
  return false;
}

}  // namespace

extern const Rule kRemoveUnitArithmetic = {
    .name = "remove_unit_arithmetic",
    .doc = "x * 1, x / 1, x ^ 1, x - 0, x + -0 (integers: x + 0), where that does not enlarge x -> x.",
    .benefit = 50,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
