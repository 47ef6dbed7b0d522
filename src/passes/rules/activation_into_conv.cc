#include "passes/attributes.h"
#include "passes/fused_activation.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kFused = "com.microsoft.FusedConv";
constexpr std::string_view kRoots[] = {"Relu", "Sigmoid", "Tanh", "LeakyRelu", "Clip", "HardSigmoid"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId x = c.node(n).inputs[0], y = c.node(n).outputs[0];
  const NodeId conv = c.Producer(x, "Conv");
  const auto activation = FusedActivationOf(c, n);
  const OpDef* op = c.options().catalog->Find(kFused);
  if (conv == kNone || !activation || !op || !c.OnlyUse(x) || !c.node(conv).epilogue.empty()) return false;
  std::vector<NamedAttr> attrs = SharedAttrs(c.node(conv), *op);
  attrs.push_back({"activation", std::string(activation->name)});
  if (!activation->params.empty()) attrs.push_back({"activation_params", activation->params});
  HASTEN_ASSIGN(const ValueId out, c.Add(kFused, c.node(conv).inputs, n, attrs));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kActivationIntoConv = {
    .name = "activation_into_conv",
    .doc = "Conv of f32, then Relu, Sigmoid, Tanh, LeakyRelu, Clip or HardSigmoid -> com.microsoft.FusedConv.",
    .stage = Stage::kContrib,
    .numerics = Numerics::kReassociated,  // nothing is rounded between
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
