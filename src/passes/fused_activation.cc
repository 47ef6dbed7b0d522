#include "passes/fused_activation.h"

#include <cmath>
#include <limits>

#include "passes/attributes.h"

namespace hasten {
namespace {

struct Param {
  std::string_view attr;
  float fallback = 0;
};
struct Known {
  std::string_view op;
  Param params[2] = {};
};
constexpr Known kKnown[] = {
    {"Relu"},
    {"Sigmoid"},
    {"Tanh"},
    {"Softplus"},
    {"Softsign"},
    {"LeakyRelu", {{"alpha", 0.01f}}},
    {"Elu", {{"alpha", 1}}},
    {"ThresholdedRelu", {{"alpha", 1}}},
    {"HardSigmoid", {{"alpha", 0.2f}, {"beta", 0.5f}}},
    {"Selu", {{"alpha", 1.67326319217681884765625f}, {"gamma", 1.05070102214813232421875f}}},
};

std::optional<FusedActivation> ClipOf(const RewriteContext& c, const Node& node) {
  float bounds[] = {std::numeric_limits<float>::lowest(), std::numeric_limits<float>::max()};
  for (size_t i : {size_t{1}, size_t{2}}) {
    if (i >= node.inputs.size() || node.inputs[i] == kNone) continue;
    const Tensor* bound = c.Known(node.inputs[i]);
    if (!bound || bound->elements() != 1 || std::isnan(bound->Double(0))) return std::nullopt;
    bounds[i - 1] = static_cast<float>(bound->Double(0));
  }
  return FusedActivation{"Clip", {bounds[0], bounds[1]}};
}

}  // namespace

std::optional<FusedActivation> FusedActivationOf(const RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  if (!node.op || !node.epilogue.empty() || c.type(node.outputs[0]).dtype != DType::kF32) return std::nullopt;
  if (node.op->name == "Clip") return ClipOf(c, node);
  for (const Known& known : kKnown) {
    if (known.op != node.op->name) continue;
    FusedActivation out{known.op, {}};
    for (const Param& p : known.params)
      if (!p.attr.empty()) out.params.push_back(AttrOr<float>(node, p.attr, p.fallback));
    return out;
  }
  return std::nullopt;
}

}  // namespace hasten
