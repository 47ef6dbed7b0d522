#include <cmath>

#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Mul"};
constexpr int64_t kMostElements = 1 << 20;

// The other operand of a Mul by something known.
struct Scaling {
  ValueId x = kNone;
  const Tensor* factor = nullptr;
};

Scaling ScalingOf(const RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  if (!node.epilogue.empty()) return {};
  for (size_t i : {size_t{1}, size_t{0}}) {
    const Tensor* t = c.Known(node.inputs[i]);
    if (t && t->dtype == DType::kF32 && t->elements() <= kMostElements && !c.Known(node.inputs[1 - i]))
      return {node.inputs[1 - i], t};
  }
  return {};
}

// One of the factors is a scalar: the product then has the other's shape.
Result<bool> Apply(RewriteContext& c, NodeId n) {
  const Scaling outer = ScalingOf(c, n);
  if (!outer.factor || !c.OnlyUse(outer.x)) return false;
  const NodeId before = c.Producer(outer.x, "Mul");
  if (before == kNone) return false;
  const Scaling inner = ScalingOf(c, before);
  if (!inner.factor || (inner.factor->dims.rank() != 0 && outer.factor->dims.rank() != 0)) return false;
  const bool scalar_outside = outer.factor->dims.rank() == 0;
  const Tensor &many = scalar_outside ? *inner.factor : *outer.factor,
               &one = scalar_outside ? *outer.factor : *inner.factor;
  HASTEN_ASSIGN(Tensor product, NewTensor(DType::kF32, many.dims));
  for (int64_t i = 0; i < many.elements(); ++i) {
    const double p = many.Double(i) * one.Double(0);
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
    .doc = "x * a * b, a and b known and one of them a scalar -> x * (a * b).",
    .stage = Stage::kWeights,
    .benefit = 5,
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
