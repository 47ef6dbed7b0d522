#include <algorithm>

#include "passes/cut.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Slice"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const NodeId inner = c.Producer(c.node(n).inputs[0], "Slice");
  if (inner == kNone) return false;
  auto first = SliceOf(c, inner);
  const auto second = SliceOf(c, n);
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
