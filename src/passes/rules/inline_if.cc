#include "passes/driver.h"
#include "passes/inline_body.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"If"};

int64_t Nodes(const Graph& graph) { return static_cast<int64_t>(CountNodes(graph)); }

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const Tensor* condition = c.Known(node.inputs[0]);
  if (!condition || condition->dtype != DType::kBool || condition->elements() != 1) return false;
  if (!AnyOutputWanted(node) || !CanCopyOutputs(c, n)) return false;
  const std::vector<GraphPtr> branches = node.attrs.Graphs();  // keeps them: the node goes
  if (branches.size() != 2) return false;
  const Graph& taken = *branches[condition->Int(0) != 0 ? 0 : 1];
  if (!taken.inputs.empty() || taken.outputs.size() < node.outputs.size() || HasRandomOps(taken)) return false;
  const int64_t before = 1 + Nodes(*branches[0]) + Nodes(*branches[1]);
  if (c.options().target == Target::kFile && Nodes(taken) + CopiesForOutputs(c, n, taken, 0) > before) return false;
  BodyInliner inliner(&c, n, taken);
  HASTEN_ASSIGN(const auto results, inliner.Inline({}, ""));
  HASTEN_TRY(inliner.ReplaceHolder(results));
  return true;
}

}  // namespace

extern const Rule kInlineIf = {
    .name = "inline_if",
    .doc = "If with a known condition, and no random op in the branch that it takes -> the nodes of that branch.",
    .benefit = 60,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
