#include <cmath>

#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Div", "Mul"};
constexpr int64_t kMostElements = 1 << 20;

// The other operand of a Mul by, or a Div of, something known.
struct Scaling {
  ValueId x = kNone;
  const Tensor* factor = nullptr;
  bool divides = false;
  double Factor(int64_t i) const { return divides ? 1 / factor->Double(i) : factor->Double(i); }
};

Scaling ScalingOf(const RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const bool divides = node.op->name == "Div";
  if (!node.epilogue.empty()) return {};
  for (size_t i : {size_t{1}, size_t{0}}) {
    const Tensor* t = c.Known(node.inputs[i]);
    if (t && t->dtype == DType::kF32 && t->elements() <= kMostElements && !c.Known(node.inputs[1 - i]))
      return divides && i == 0 ? Scaling() : Scaling{node.inputs[1 - i], t, divides};
  }
  return {};
}

// One of the factors is a scalar: the product then has the other's shape.
Result<bool> Apply(RewriteContext& c, NodeId n) {
  const Scaling outer = ScalingOf(c, n);
  if (!outer.factor || !c.OnlyUse(outer.x)) return false;
  NodeId before = c.Producer(outer.x, "Mul");
  if (before == kNone) before = c.Producer(outer.x, "Div");
  if (before == kNone) return false;
  const Scaling inner = ScalingOf(c, before);
  if (!inner.factor || (inner.factor->dims.rank() != 0 && outer.factor->dims.rank() != 0)) return false;
  const bool scalar_outside = outer.factor->dims.rank() == 0;
  const Scaling &many = scalar_outside ? inner : outer, &one = scalar_outside ? outer : inner;
  HASTEN_ASSIGN(Tensor product, NewTensor(DType::kF32, many.factor->dims));
  for (int64_t i = 0; i < product.elements(); ++i) {
    const double p = many.Factor(i) * one.Factor(0);
    if (!std::isnormal(static_cast<float>(p)) && p != 0) return false;  // what the two steps might not have lost
    product.SetDouble(i, p);
  }
  const ValueId y = c.node(n).outputs[0];
  const ValueId factor = c.AddConstant(c.value(y).name + ".factor", std::move(product));
  HASTEN_ASSIGN(const ValueId out, c.Add("Mul", {inner.x, factor}, n));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kMergeFactors = {
    .name = "merge_factors",
    .doc = "x * a * b, x * a / b or x / a / b, a and b known and one of them a scalar -> x * (a * b) and so on.",
    .stage = Stage::kWeights,
    .benefit = 5,
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
