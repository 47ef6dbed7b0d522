#include <algorithm>

#include "passes/spelling.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Div", "Mul", "Clip"};

struct Form {
  PointwiseOp instr;
  std::string_view op;
  int opset;        // that has it
  bool in_contrib;  // whether rules for com.microsoft make an op of their own
};
// Swish is none of them: what ONNX Runtime takes it apart into is slower than Sigmoid and Mul.
constexpr Form kForms[] = {{PointwiseOp::kHardSigmoid, "HardSigmoid", 6, false},
                           {PointwiseOp::kHardSwish, "HardSwish", 14, false},
                           {PointwiseOp::kMish, "Mish", 18, false},
                           {PointwiseOp::kGelu, "Gelu", 20, true},
                           {PointwiseOp::kGeluTanh, "Gelu", 20, true}};

std::vector<NamedAttr> AttrsOf(const PointwiseInstr& instr) {
  if (instr.op == PointwiseOp::kHardSigmoid) return {{"alpha", instr.alpha}, {"beta", instr.beta}};
  if (instr.op == PointwiseOp::kGeluTanh) return {{"approximate", std::string("tanh")}};
  return {};
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const auto spelled = SpelledActivationAt(c, n);
  if (!spelled) return false;
  const auto* form =
      std::find_if(std::begin(kForms), std::end(kForms), [&](const Form& f) { return f.instr == spelled->instr.op; });
  const int opset = c.options().opset;
  if (form == std::end(kForms) || (opset > 0 && opset < form->opset) || (form->in_contrib && c.options().contrib))
    return false;
  HASTEN_ASSIGN(const ValueId out, c.Add(form->op, {spelled->x}, n, AttrsOf(spelled->instr)));
  c.Replace(c.node(n).outputs[0], out);
  return true;
}

}  // namespace

extern const Rule kFormActivation = {
    .name = "form_activation",
    .doc =
        "What spells out HardSigmoid, HardSwish, Mish or Gelu of f32, in any order -> that op, where the opset has it.",
    .stage = Stage::kMerge,
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
