#include "passes/spelling.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Mul", "Div"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const auto spelled = SpelledActivationAt(c, n);
  if (!spelled || spelled->instr.op != PointwiseOp::kGelu) return false;
  HASTEN_ASSIGN(const ValueId out, c.Add("com.microsoft.Gelu", {spelled->x}, n));
  c.Replace(c.node(n).outputs[0], out);
  return true;
}

}  // namespace

extern const Rule kFormGelu = {
    .name = "form_gelu",
    .doc = "x / 2 * (1 + erf(x / sqrt 2)) of f32, in any order -> com.microsoft.Gelu.",
    .stage = Stage::kContrib,
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
