#include "passes/attributes.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Transpose"};

std::vector<int64_t> OrderOf(const RewriteContext& c, const Node& node) {
  auto perm = PermOf(node);
  const Shape& shape = c.type(node.inputs[0]).shape;
  if (perm.empty() && shape.ranked())
    for (int i = shape.rank(); i-- > 0;) perm.push_back(i);
  return perm;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const NodeId inner = c.Producer(c.node(n).inputs[0], "Transpose");
  if (inner == kNone) return false;
  const ValueId x = c.node(inner).inputs[0], y = c.node(n).outputs[0];
  const auto first = OrderOf(c, c.node(inner)), second = OrderOf(c, c.node(n));
  if (first.empty() || first.size() != second.size()) return false;
  std::vector<int64_t> perm;
  bool identity = true;
  for (size_t i = 0; i < second.size(); ++i) {
    perm.push_back(first[static_cast<size_t>(second[i])]);
    identity = identity && perm.back() == static_cast<int64_t>(i);
  }
  if (identity && c.CanReplace(y, x)) {
    c.Replace(y, x);
    return true;
  }
  HASTEN_ASSIGN(const ValueId out, c.Add("Transpose", {x}, n, {{"perm", perm}}));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kComposeTransposes = {
    .name = "compose_transposes",
    .doc = "Transpose of a Transpose -> one Transpose, or nothing.",
    .benefit = 30,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
