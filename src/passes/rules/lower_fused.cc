#include <limits>

#include "passes/attributes.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"com.microsoft.FusedConv", "com.microsoft.FusedGemm",
                                       "com.microsoft.FusedMatMul"};

// Parameters of the activation in the order in which its op's attributes stand: alpha, then beta or gamma.  Null where
// the second stands alone.
std::optional<std::vector<float>> ActivationParams(const Node& node) {
  if (node.op->name == "com.microsoft.FusedConv") return AttrOr<std::vector<float>>(node, "activation_params", {});
  std::vector<float> out;
  constexpr float kAbsent = std::numeric_limits<float>::quiet_NaN();
  const float alpha = AttrOr<float>(node, "activation_alpha", kAbsent),
              beta = AttrOr<float>(node, "activation_gamma", AttrOr<float>(node, "activation_beta", kAbsent));
  if (alpha == alpha) out.push_back(alpha);
  if (beta == beta) {
    if (out.empty()) return std::nullopt;
    out.push_back(beta);
  }
  return out;
}

struct Activation {
  std::string_view op;
  std::string_view params[2] = {};  // attributes; Clip takes inputs
};
constexpr Activation kActivations[] = {
    {"Relu"},           {"Tanh"},     {"Sigmoid"},  {"LeakyRelu", {"alpha"}},     {"Clip"},
    {"Elu", {"alpha"}}, {"Softplus"}, {"Softsign"}, {"Selu", {"alpha", "gamma"}}, {"HardSigmoid", {"alpha", "beta"}},
};

const Activation* ActivationOf(const Node& node) {
  const std::string name = AttrOr<std::string>(node, "activation", "");
  for (const Activation& a : kActivations)
    if (a.op == name) return &a;
  return nullptr;
}

Result<ValueId> Activate(RewriteContext& c, const Activation& a, const std::vector<float>& params, ValueId x,
                         NodeId before) {
  std::vector<ValueId> inputs{x};
  std::vector<NamedAttr> attrs;
  if (a.op == "Clip") {
    const float least = std::numeric_limits<float>::lowest(), most = std::numeric_limits<float>::max();
    const float bounds[] = {params.empty() ? least : params[0], params.size() < 2 ? most : params[1]};
    for (float bound : bounds) inputs.push_back(c.AddConstant("bound", TensorOf(Dims{}, std::span(&bound, 1))));
  } else {
    for (size_t i = 0; i < params.size() && i < 2; ++i)
      if (!a.params[i].empty()) attrs.push_back({std::string(a.params[i]), params[i]});
  }
  return c.Add(a.op, std::move(inputs), before, attrs);
}

// A swap of the last two axes, where asked for.
Result<ValueId> Transposed(RewriteContext& c, ValueId v, bool swap, NodeId before) {
  const Shape& shape = c.type(v).shape;
  if (!swap || shape.rank() < 2) return v;
  std::vector<int64_t> perm;
  for (int i = 0; i < shape.rank(); ++i) perm.push_back(i);
  std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
  return c.Add("Transpose", {v}, before, {{"perm", perm}});
}

Result<bool> LowerMatMul(RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const auto flag = [&](std::string_view name) { return AttrOr<int64_t>(c.node(n), name, 0) != 0; };
  const ValueId left = node.inputs[0], right = node.inputs[1], y = node.outputs[0];
  const Shape &a = c.type(left).shape, &b = c.type(right).shape;
  if (!a.ranked() || !b.ranked() || flag("transBatchA") || flag("transBatchB")) return false;
  const float alpha = AttrOr<float>(node, "alpha", 1);
  ValueId out = kNone;
  if (a.rank() == 2 && b.rank() == 2) {
    HASTEN_ASSIGN(out, c.Add("Gemm", {left, right}, n, SharedAttrs(node, *c.options().catalog->Find("Gemm"))));
  } else {
    HASTEN_ASSIGN(const ValueId l, Transposed(c, left, flag("transA"), n));
    HASTEN_ASSIGN(const ValueId r, Transposed(c, right, flag("transB"), n));
    HASTEN_ASSIGN(out, c.Add("MatMul", {l, r}, n));
    if (alpha != 1) {
      const ValueId k = c.AddConstant(c.value(y).name + ".alpha", ScalarOf(DType::kF32, double{alpha}));
      HASTEN_ASSIGN(out, c.Add("Mul", {out, k}, n));
    }
  }
  c.Replace(y, out);
  return true;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  if (!node.epilogue.empty() || c.type(node.outputs[0]).dtype != DType::kF32) return false;
  if (node.op->name == "com.microsoft.FusedMatMul") return LowerMatMul(c, n);
  const Activation* activation = ActivationOf(node);
  if (!activation && !AttrOr<std::string>(node, "activation", "").empty()) return false;
  const auto params = ActivationParams(node);
  if (!params) return false;
  const std::string_view op = node.op->name == "com.microsoft.FusedConv" ? "Conv" : "Gemm";
  std::vector<ValueId> inputs = node.inputs;
  const ValueId sum = inputs.size() > 3 ? inputs[3] : kNone, y = node.outputs[0];
  inputs.resize(std::min<size_t>(inputs.size(), 3));
  while (inputs.back() == kNone) inputs.pop_back();
  HASTEN_ASSIGN(ValueId out, c.Add(op, std::move(inputs), n, SharedAttrs(node, *c.options().catalog->Find(op))));
  if (sum != kNone) {
    HASTEN_ASSIGN(out, c.Add("Add", {out, sum}, n));
  }
  if (activation) {
    HASTEN_ASSIGN(out, Activate(c, *activation, *params, out, n));
  }
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kLowerFused = {
    .name = "lower_fused",
    .doc =
        "com.microsoft's FusedConv, FusedGemm and FusedMatMul of f32 -> Conv, Gemm or MatMul and what follows it, "
        "which epilogues take up again.",
    .benefit = 60,
    .numerics = Numerics::kReassociated,
    .target = Target::kRun,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
