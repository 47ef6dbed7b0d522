#include "passes/attributes.h"
#include "passes/fused_activation.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kFused = "com.microsoft.FusedGemm";
constexpr std::string_view kRoots[] = {"Relu", "Sigmoid",  "Tanh",     "LeakyRelu", "HardSigmoid",
                                       "Elu",  "Softplus", "Softsign", "Selu",      "ThresholdedRelu"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId x = c.node(n).inputs[0], y = c.node(n).outputs[0];
  const NodeId gemm = c.Producer(x, "Gemm");
  const auto activation = FusedActivationOf(c, n);
  const OpDef* op = c.options().catalog->Find(kFused);
  if (gemm == kNone || !activation || !op || !c.OnlyUse(x) || !c.node(gemm).epilogue.empty()) return false;
  std::vector<NamedAttr> attrs = SharedAttrs(c.node(gemm), *op);
  attrs.push_back({"activation", std::string(activation->name)});
  const std::string_view second = activation->name == "Selu" ? "activation_gamma" : "activation_beta";
  for (size_t i = 0; i < activation->params.size(); ++i)
    attrs.push_back({std::string(i == 0 ? "activation_alpha" : second), activation->params[i]});
  HASTEN_ASSIGN(const ValueId out, c.Add(kFused, c.node(gemm).inputs, n, attrs));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kActivationIntoGemm = {
    .name = "activation_into_gemm",
    .doc = "Gemm of f32, then an activation of one operand -> com.microsoft.FusedGemm.",
    .stage = Stage::kContrib,
    .numerics = Numerics::kReassociated,  // nothing is rounded between
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
