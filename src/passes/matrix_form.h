// Matrix products with what com.microsoft.FusedMatMul takes in.
#pragma once
#include "passes/rule.h"

namespace hasten {

// alpha * a * b, with the last two axes of an operand swapped before.
struct MatrixForm {
  ValueId a = kNone, b = kNone;
  float alpha = 1;
  bool trans_a = false, trans_b = false;
};

// A MatMul or FusedMatMul of f32 operands of 2 axes or more, without swaps of batches.
std::optional<MatrixForm> MatrixFormOf(const RewriteContext& c, NodeId n);
Result<ValueId> AddFusedMatMul(RewriteContext& c, const MatrixForm& m, NodeId before);

// A Mul or Div as x * factor, of the shape of x.
struct Scaled {
  ValueId x = kNone;
  float factor = 1;
};
std::optional<Scaled> ScaledBy(const RewriteContext& c, NodeId n);

}  // namespace hasten
