#include <algorithm>

#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Slice"};

struct Cut {
  std::vector<int64_t> starts, ends, axes, steps;
};

std::optional<Cut> CutOf(const RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const Shape& shape = c.type(node.inputs[0]).shape;
  const auto ints = [&](size_t i) { return c.KnownInts(node.inputs[i]); };
  const auto has = [&](size_t i) { return i < node.inputs.size() && node.inputs[i] != kNone; };
  const auto starts = ints(1), ends = ints(2);
  if (!starts || !ends || !shape.ranked() || starts->size() != ends->size()) return std::nullopt;
  Cut cut{*starts, *ends, {}, {}};
  if (has(3)) {
    const auto axes = ints(3);
    if (!axes) return std::nullopt;
    cut.axes = *axes;
  }
  if (has(4)) {
    const auto steps = ints(4);
    if (!steps) return std::nullopt;
    cut.steps = *steps;
  }
  for (size_t i = 0; !has(3) && i < starts->size(); ++i) cut.axes.push_back(static_cast<int64_t>(i));
  if (!has(4)) cut.steps.assign(starts->size(), 1);
  for (int64_t& axis : cut.axes)
    if (axis < 0) axis += shape.rank();
  if (cut.axes.size() != starts->size() || cut.steps.size() != starts->size()) return std::nullopt;
  return cut;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const NodeId inner = c.Producer(c.node(n).inputs[0], "Slice");
  if (inner == kNone) return false;
  auto first = CutOf(c, inner);
  const auto second = CutOf(c, n);
  if (!first || !second) return false;
  for (int64_t axis : second->axes)
    if (std::find(first->axes.begin(), first->axes.end(), axis) != first->axes.end()) return false;
  const auto append = [](std::vector<int64_t>* to, const std::vector<int64_t>& more) {
    to->insert(to->end(), more.begin(), more.end());
  };
  append(&first->starts, second->starts);
  append(&first->ends, second->ends);
  append(&first->axes, second->axes);
  append(&first->steps, second->steps);
  const ValueId x = c.node(inner).inputs[0], y = c.node(n).outputs[0];
  const std::string name = c.value(y).name;
  std::vector<ValueId> inputs{x, c.AddConstant(name + ".starts", VectorI64(first->starts)),
                              c.AddConstant(name + ".ends", VectorI64(first->ends)),
                              c.AddConstant(name + ".axes", VectorI64(first->axes))};
  const bool strided = std::any_of(first->steps.begin(), first->steps.end(), [](int64_t s) { return s != 1; });
  if (strided) inputs.push_back(c.AddConstant(name + ".steps", VectorI64(first->steps)));
  HASTEN_ASSIGN(const ValueId out, c.Add("Slice", std::move(inputs), n));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kMergeSlices = {
    .name = "merge_slices",
    .doc = "Slice of a Slice of other axes, at known places -> one Slice.",
    .benefit = 20,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
