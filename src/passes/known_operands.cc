#include "passes/known_operands.h"

namespace hasten {
namespace {

constexpr int64_t kMostElements = 1 << 20;

struct Operands {
  ValueId x = kNone;
  const Tensor* known = nullptr;
  bool is_inverse = false;
};

double At(const Operands& o, const Arithmetic& a, int64_t i) {
  const double v = o.known->Double(o.known->elements() == 1 ? 0 : i);
  return o.is_inverse ? a.invert(v) : v;
}

Operands OperandsOf(const RewriteContext& c, NodeId n, const Arithmetic& a) {
  const Node& node = c.node(n);
  const bool is_inverse = node.op->name == a.inverse;
  if (!node.epilogue.empty()) return {};
  for (size_t i : {size_t{1}, size_t{0}}) {
    const Tensor* t = c.Known(node.inputs[i]);
    if (t && t->dtype == DType::kF32 && t->elements() <= kMostElements && !c.Known(node.inputs[1 - i]))
      return is_inverse && i == 0 ? Operands() : Operands{node.inputs[1 - i], t, is_inverse};
  }
  return {};
}

}  // namespace

Result<bool> MergeKnownOperands(RewriteContext& c, NodeId n, const Arithmetic& arithmetic) {
  const Operands outer = OperandsOf(c, n, arithmetic);
  if (!outer.known || !c.OnlyUse(outer.x)) return false;
  const NodeId before = c.Producer(outer.x, {arithmetic.op, arithmetic.inverse});
  if (before == kNone) return false;
  const Operands inner = OperandsOf(c, before, arithmetic);
  if (!inner.known) return false;
  const Dims &a = inner.known->dims, &b = outer.known->dims;
  const bool is_served = a.rank() == 0 || b.rank() == 0 || (arithmetic.takes_equal_shapes && a == b);
  if (!is_served) return false;
  HASTEN_ASSIGN(Tensor joined, NewTensor(DType::kF32, a.rank() == 0 ? b : a));
  for (int64_t i = 0; i < joined.elements(); ++i) {
    const double v = arithmetic.join(At(inner, arithmetic, i), At(outer, arithmetic, i));
    if (!arithmetic.keeps(v)) return false;
    joined.SetDouble(i, v);
  }
  const ValueId y = c.node(n).outputs[0];
  const ValueId known = c.AddConstant(Str(c.value(y).name, ".", arithmetic.operand), std::move(joined));
  HASTEN_ASSIGN(const ValueId out, c.Add(arithmetic.op, {inner.x, known}, n));
  c.Replace(y, out);
  return true;
}

}  // namespace hasten
