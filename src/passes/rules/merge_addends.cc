#include <cmath>

#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Add", "Sub"};
constexpr int64_t kMostElements = 1 << 20;

// The other operand of an Add of something known, or of a Sub that takes it away.
struct Shift {
  ValueId x = kNone;
  const Tensor* addend = nullptr;
  bool is_taken = false;
  double Addend(int64_t i) const {
    const double v = addend->Double(addend->elements() == 1 ? 0 : i);
    return is_taken ? -v : v;
  }
};

Shift ShiftOf(const RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const bool is_sub = node.op->name == "Sub";
  if (!node.epilogue.empty()) return {};
  for (size_t i : {size_t{1}, size_t{0}}) {
    const Tensor* t = c.Known(node.inputs[i]);
    if (t && t->dtype == DType::kF32 && t->elements() <= kMostElements && !c.Known(node.inputs[1 - i]))
      return is_sub && i == 0 ? Shift() : Shift{node.inputs[1 - i], t, is_sub};
  }
  return {};
}

// The sum has the shape of both, or of the one that is no scalar.
Result<bool> Apply(RewriteContext& c, NodeId n) {
  const Shift outer = ShiftOf(c, n);
  if (!outer.addend || !c.OnlyUse(outer.x)) return false;
  NodeId before = c.Producer(outer.x, "Add");
  if (before == kNone) before = c.Producer(outer.x, "Sub");
  if (before == kNone) return false;
  const Shift inner = ShiftOf(c, before);
  if (!inner.addend) return false;
  const Dims &a = inner.addend->dims, &b = outer.addend->dims;
  if (a != b && a.rank() != 0 && b.rank() != 0) return false;
  HASTEN_ASSIGN(Tensor sum, NewTensor(DType::kF32, a.rank() == 0 ? b : a));
  for (int64_t i = 0; i < sum.elements(); ++i) {
    const double s = inner.Addend(i) + outer.Addend(i);
    if (!std::isfinite(static_cast<float>(s))) return false;
    sum.SetDouble(i, s);
  }
  const ValueId y = c.node(n).outputs[0];
  const ValueId addend = c.AddConstant(c.value(y).name + ".addend", std::move(sum));
  HASTEN_ASSIGN(const ValueId out, c.Add("Add", {inner.x, addend}, n));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kMergeAddends = {
    .name = "merge_addends",
    .doc = "x + a + b or x - a + b and so on, a and b known, of one shape or one of them a scalar -> x + (a + b).",
    .stage = Stage::kWeights,
    .benefit = 5,
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
