#include "passes/spelling.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Mul", "Div"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const auto spelled = SpelledActivationAt(c, n);
  if (!spelled || spelled->instr.op != PointwiseOp::kGeluTanh) return false;
  HASTEN_ASSIGN(const ValueId out, c.Add("com.microsoft.FastGelu", {spelled->x}, n));
  c.Replace(c.node(n).outputs[0], out);
  return true;
}

}  // namespace

extern const Rule kFormFastGelu = {
    .name = "form_fast_gelu",
    .doc = "x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) of f32, in any order -> com.microsoft.FastGelu.",
    .stage = Stage::kContrib,
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
