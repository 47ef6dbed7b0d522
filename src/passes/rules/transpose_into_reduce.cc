#include <algorithm>

#include "ops/reduction.h"
#include "passes/attributes.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"ReduceL1",   "ReduceL2",  "ReduceLogSum", "ReduceLogSumExp", "ReduceMax",
                                       "ReduceMean", "ReduceMin", "ReduceProd",   "ReduceSum",       "ReduceSumSquare"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const NodeId transpose = c.Producer(node.inputs[0], "Transpose");
  if (transpose == kNone || node.attrs.as<ReduceAttrs>().keepdims || node.inputs.size() < 2 || !node.epilogue.empty())
    return false;
  const auto perm = PermOf(c.node(transpose));
  const auto axes = c.KnownInts(node.inputs[1]);
  if (perm.empty() || !axes || axes->empty()) return false;
  const auto rank = static_cast<int64_t>(perm.size());
  std::vector<int64_t> reduced;
  std::vector<bool> is_reduced(perm.size());
  for (int64_t axis : *axes) {
    const auto at = static_cast<size_t>(axis < 0 ? axis + rank : axis);
    is_reduced[at] = true;
    reduced.push_back(perm[at]);
  }
  int64_t last = -1;
  for (size_t i = 0; i < perm.size(); ++i) {
    if (is_reduced[i]) continue;
    if (perm[i] < last) return false;
    last = perm[i];
  }
  std::sort(reduced.begin(), reduced.end());
  const ValueId x = c.node(transpose).inputs[0], y = node.outputs[0];
  Node made = c.Like(n);
  made.inputs = {x, c.AddConstant(c.value(y).name + ".axes", VectorI64(reduced))};
  HASTEN_ASSIGN(const ValueId out, c.AddNode(std::move(made), n));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kTransposeIntoReduce = {
    .name = "transpose_into_reduce",
    .doc =
        "Transpose, then a reduction that drops its axes and leaves the others in the order they had before -> the "
        "reduction over the axes they were.",
    .stage = Stage::kMerge,
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
