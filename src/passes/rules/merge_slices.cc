#include <algorithm>

#include "passes/cut.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Slice"};

// Far from the largest there are, so that sums of two do not overflow.
constexpr int64_t kFarthest = int64_t{1} << 60;

// The part of entry k of `inner` that entry i of `outer` keeps, into the former; false if only lengths can tell.
bool Narrow(const Cut& outer, size_t i, size_t k, Cut* inner) {
  const auto counts_from_front = [](const Cut& cut, size_t at) {
    return cut.steps[at] == 1 && cut.starts[at] >= 0 && cut.starts[at] < kFarthest && cut.ends[at] >= 0;
  };
  if (!counts_from_front(outer, i) || !counts_from_front(*inner, k)) return false;
  inner->ends[k] = std::min(inner->ends[k], inner->starts[k] + std::min(outer.ends[i], kFarthest));
  inner->starts[k] += outer.starts[i];
  return true;
}

// `outer` of what `inner` keeps, into the latter.
bool MergeInto(const Cut& outer, Cut* inner) {
  for (size_t i = 0; i < outer.axes.size(); ++i) {
    const auto same = std::find(inner->axes.begin(), inner->axes.end(), outer.axes[i]);
    if (same != inner->axes.end()) {
      if (!Narrow(outer, i, static_cast<size_t>(same - inner->axes.begin()), inner)) return false;
      continue;
    }
    inner->axes.push_back(outer.axes[i]);
    inner->starts.push_back(outer.starts[i]);
    inner->ends.push_back(outer.ends[i]);
    inner->steps.push_back(outer.steps[i]);
  }
  return true;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const NodeId inner = c.Producer(c.node(n).inputs[0], "Slice");
  if (inner == kNone) return false;
  auto first = SliceOf(c, inner);
  const auto second = SliceOf(c, n);
  if (!first || !second || !MergeInto(*second, &*first)) return false;
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
    .doc =
        "Slice of a Slice at known places, of other axes, or of the same with step 1 and counted from the front -> one "
        "Slice.",
    .benefit = 20,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
