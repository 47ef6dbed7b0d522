#include "ops/gemm.h"
#include "passes/attributes.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Gemm"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  bool fired = false;
  for (size_t i : {size_t{0}, size_t{1}}) {
    const NodeId transpose = c.Producer(c.node(n).inputs[i], "Transpose");
    if (transpose == kNone || !c.type(c.node(transpose).inputs[0]).shape.ranked()) continue;
    const auto perm = PermOf(c.node(transpose));
    if (!perm.empty() && perm[0] == 0) continue;
    auto& attrs = c.Edit(n).attrs.as<GemmAttrs>();
    bool& flag = i == 0 ? attrs.trans_a : attrs.trans_b;
    flag = !flag;
    c.SetInput(n, i, c.node(transpose).inputs[0]);
    fired = true;
  }
  return fired;
}

}  // namespace

extern const Rule kTransposeIntoGemm = {
    .name = "transpose_into_gemm",
    .doc = "Gemm of a 2-D Transpose -> Gemm with the other transA or transB.",
    .benefit = 20,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
