#include "ops/concat.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Concat"};

// Not negative; nullopt where the rank is not known.
std::optional<int64_t> AxisOf(const RewriteContext& c, NodeId n) {
  const Shape& shape = c.type(c.node(n).outputs[0]).shape;
  const auto axis = c.node(n).attrs.as<ConcatAttrs>().axis;
  if (!shape.ranked() || !axis) return std::nullopt;
  return *axis < 0 ? *axis + shape.rank() : *axis;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  if (!c.node(n).epilogue.empty()) return false;
  const auto axis = AxisOf(c, n);
  if (!axis) return false;
  Node made = c.Like(n);
  made.inputs.clear();
  for (const ValueId v : c.node(n).inputs) {
    const NodeId inner = c.Producer(v, "Concat");
    if (inner != kNone && c.OnlyUse(v) && c.node(inner).epilogue.empty() && AxisOf(c, inner) == axis) {
      made.inputs.insert(made.inputs.end(), c.node(inner).inputs.begin(), c.node(inner).inputs.end());
    } else {
      made.inputs.push_back(v);
    }
  }
  if (made.inputs.size() == c.node(n).inputs.size()) return false;
  made.outputs = c.node(n).outputs;
  HASTEN_TRY(c.ReplaceNode(n, std::move(made)));
  return true;
}

}  // namespace

extern const Rule kMergeConcats = {
    .name = "merge_concats",
    .doc = "Concat of Concats along the same axis that nothing else reads -> one Concat.",
    .benefit = 20,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
