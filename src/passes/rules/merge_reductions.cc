#include <algorithm>
#include <numeric>

#include "ops/reduction.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum"};

// Rising, not negative; nullopt if they are not known.
std::optional<std::vector<int64_t>> AxesOf(const RewriteContext& c, const Node& node) {
  const Shape& shape = c.type(node.inputs[0]).shape;
  if (!shape.ranked() || !node.epilogue.empty()) return std::nullopt;
  std::vector<int64_t> out;
  if (node.inputs.size() > 1 && node.inputs[1] != kNone) {
    const auto axes = c.KnownInts(node.inputs[1]);
    if (!axes) return std::nullopt;
    for (const int64_t axis : *axes) out.push_back(axis < 0 ? axis + shape.rank() : axis);
  }
  if (out.empty() && node.attrs.as<ReduceAttrs>().noop_with_empty_axes) return std::nullopt;
  if (out.empty()) {
    out.resize(static_cast<size_t>(shape.rank()));
    std::iota(out.begin(), out.end(), 0);
  }
  std::sort(out.begin(), out.end());
  return out;
}

bool HasAxis(const std::vector<int64_t>& axes, int64_t axis) {
  return std::find(axes.begin(), axes.end(), axis) != axes.end();
}

// Of both, counted in what the first reduces.
std::vector<int64_t> AxesOfBoth(const std::vector<int64_t>& first, const std::vector<int64_t>& second, bool kept,
                                int rank) {
  std::vector<int64_t> out = first;
  int64_t at = 0;  // of the axis in what the first gives
  for (int64_t axis = 0; axis < rank; ++axis) {
    const bool gone = HasAxis(first, axis);
    if (!gone && HasAxis(second, at)) out.push_back(axis);
    at += kept || !gone ? 1 : 0;
  }
  std::sort(out.begin(), out.end());
  return out;
}

// Axes that the first keeps stay, as ones, unless the second drops them.
Result<bool> Apply(RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const ValueId between = node.inputs[0];
  const NodeId inner = c.Producer(between, node.op->name);
  if (inner == kNone || !c.OnlyUse(between)) return false;
  if (node.op->name == "ReduceMean" && !IsFloat(c.type(between).dtype)) return false;  // each drops a rest
  const auto first = AxesOf(c, c.node(inner)), second = AxesOf(c, node);
  if (!first || !second) return false;
  const bool kept = c.node(inner).attrs.as<ReduceAttrs>().keepdims, keeps = node.attrs.as<ReduceAttrs>().keepdims;
  if (!kept && keeps) return false;
  if (kept && !keeps && !std::includes(second->begin(), second->end(), first->begin(), first->end())) return false;
  const ValueId x = c.node(inner).inputs[0], y = node.outputs[0];
  Node made = c.Like(n);
  const auto axes = AxesOfBoth(*first, *second, kept, c.type(x).shape.rank());
  made.inputs = {x, c.AddConstant(c.value(y).name + ".axes", VectorI64(axes))};
  HASTEN_ASSIGN(const ValueId out, c.AddNode(std::move(made), n));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kMergeReductions = {
    .name = "merge_reductions",
    .doc = "ReduceMax, Mean, Min, Prod or Sum of the same over other axes, at known ones -> one over all of them.",
    .benefit = 20,
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
