// Arithmetic on a value and known operands, node after node.
#pragma once
#include "passes/rule.h"

namespace hasten {

// x op a, or x inverse a; of f32.
struct Arithmetic {
  std::string_view op, inverse;
  double (*invert)(double);        // x inverse a is x op invert(a)
  double (*join)(double, double);  // x op a op b is x op join(a, b)
  bool (*keeps)(double);           // whether one operand does what the two did: what is joined, not yet rounded
  bool takes_equal_shapes;         // or a scalar with another alone
  std::string_view operand;        // for its name
};
// Makes one node of n and the one before it, where nothing else reads what lies between.
Result<bool> MergeKnownOperands(RewriteContext& c, NodeId n, const Arithmetic& arithmetic);

}  // namespace hasten
