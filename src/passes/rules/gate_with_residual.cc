#include "passes/attributes.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Add"};

Result<ValueId> Scalar(RewriteContext& c, std::string_view like, float v) {
  HASTEN_ASSIGN(Tensor t, NewTensor(DType::kF32, {}));
  t.as<float>()[0] = v;
  return c.AddConstant(like, std::move(t));
}

// The other operand of a Mul or Add of two.
ValueId Beside(const Node& node, ValueId v) { return node.inputs[node.inputs[0] == v ? 1 : 0]; }

// The HardSigmoid that is all of `gate`, of a convolution whose weights are known and which nothing else reads.
NodeId GateOf(const RewriteContext& c, ValueId gate) {
  const NodeId n = c.Producer(gate, "HardSigmoid");
  if (n == kNone || !c.OnlyUse(gate) || !c.node(n).epilogue.empty()) return kNone;
  const ValueId of = c.node(n).inputs[0];
  const NodeId conv = c.Producer(of, "Conv");
  const bool foldable =
      conv != kNone && c.OnlyUse(of) && c.node(conv).epilogue.empty() && c.Known(c.node(conv).inputs[1]);
  return foldable ? n : kNone;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId y = c.node(n).outputs[0];
  if (!c.node(n).epilogue.empty() || c.type(y).dtype != DType::kF32) return false;
  for (const ValueId product : c.node(n).inputs) {
    const NodeId mul = c.Producer(product, "Mul");
    const ValueId x = Beside(c.node(n), product);
    if (mul == kNone || x == product || !c.OnlyUse(product) || !c.node(mul).epilogue.empty()) continue;
    const auto& factors = c.node(mul).inputs;
    if (factors[0] != x && factors[1] != x) continue;
    const NodeId gate = GateOf(c, Beside(c.node(mul), x));
    if (gate == kNone) continue;
    const auto alpha = AttrOr<float>(c.node(gate), "alpha", 0.2f), beta = AttrOr<float>(c.node(gate), "beta", 0.5f);
    HASTEN_ASSIGN(const ValueId slope, Scalar(c, "slope", alpha));
    HASTEN_ASSIGN(const ValueId shift, Scalar(c, "shift", beta + 1));
    HASTEN_ASSIGN(const ValueId low, Scalar(c, "low", 1));
    HASTEN_ASSIGN(const ValueId high, Scalar(c, "high", 2));
    HASTEN_ASSIGN(ValueId factor, c.Add("Mul", {c.node(gate).inputs[0], slope}, n));
    HASTEN_ASSIGN(factor, c.Add("Add", {factor, shift}, n));
    HASTEN_ASSIGN(factor, c.Add("Clip", {factor, low, high}, n));
    HASTEN_ASSIGN(const ValueId out, c.Add("Mul", {x, factor}, n));
    c.Replace(y, out);
    return true;
  }
  return false;
}

}  // namespace

extern const Rule kGateWithResidual = {
    .name = "gate_with_residual",
    .doc =
        "x + x * HardSigmoid(v) of a convolution's v -> x * Clip(alpha * v + beta + 1, 1, 2), of which the convolution "
        "takes in the product and the sum.",
    .stage = Stage::kWeights,
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
