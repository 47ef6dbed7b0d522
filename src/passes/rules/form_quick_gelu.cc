#include "passes/spelling.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Mul"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const auto spelled = SpelledActivationAt(c, n);
  if (!spelled || spelled->instr.op != PointwiseOp::kSwish) return false;
  HASTEN_ASSIGN(const ValueId out,
                c.Add("com.microsoft.QuickGelu", {spelled->x}, n, {{"alpha", spelled->instr.alpha}}));
  c.Replace(c.node(n).outputs[0], out);
  return true;
}

}  // namespace

extern const Rule kFormQuickGelu = {
    .name = "form_quick_gelu",
    .doc = "x * sigmoid(alpha * x) of f32 -> com.microsoft.QuickGelu.",
    .stage = Stage::kContrib,
    .benefit = 10,  // before the Sigmoid is taken by what feeds it
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
