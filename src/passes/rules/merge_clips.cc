#include <algorithm>
#include <cmath>
#include <limits>

#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Clip", "Relu"};
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Bounds {
  double low = -kInfinity, high = kInfinity;
};

// Of a Clip between known bounds, or of a Relu.
std::optional<Bounds> BoundsOf(const RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  if (!node.epilogue.empty() || !IsFloat(c.type(node.inputs[0]).dtype)) return std::nullopt;
  if (node.op->name == "Relu") return Bounds{.low = 0};
  Bounds out;
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    if (node.inputs[i] == kNone) continue;
    const Tensor* t = c.Known(node.inputs[i]);
    if (!t || t->elements() != 1) return std::nullopt;
    (i == 1 ? out.low : out.high) = t->Double(0);
  }
  if (!(out.low <= out.high)) return std::nullopt;
  return out;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId between = c.node(n).inputs[0], y = c.node(n).outputs[0];
  const NodeId inner = c.Producer(between, {"Clip", "Relu"});
  if (inner == kNone) return false;
  const auto first = BoundsOf(c, inner), second = BoundsOf(c, n);
  if (!first || !second) return false;
  const Bounds both{std::clamp(first->low, second->low, second->high),
                    std::clamp(first->high, second->low, second->high)};
  const DType dtype = c.type(between).dtype;
  const std::string name = c.value(y).name;
  std::vector<ValueId> inputs{c.node(inner).inputs[0]};
  const auto add = [&](double bound, std::string_view what) -> Status {
    HASTEN_ASSIGN(Tensor t, NewTensor(dtype, Dims{}));
    t.SetDouble(0, bound);
    inputs.push_back(c.AddConstant(name + std::string(what), std::move(t)));
    return {};
  };
  const bool is_relu = both.low == 0 && std::isinf(both.high);
  if (!is_relu) {
    if (std::isinf(both.low)) {
      inputs.push_back(kNone);
    } else {
      HASTEN_TRY(add(both.low, ".min"));
    }
    if (!std::isinf(both.high)) HASTEN_TRY(add(both.high, ".max"));
  }
  HASTEN_ASSIGN(const ValueId out, c.Add(is_relu ? "Relu" : "Clip", std::move(inputs), n));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kMergeClips = {
    .name = "merge_clips",
    .doc = "Clip or Relu of a Clip or Relu, between known bounds -> one of them.",
    .benefit = 30,
    .numerics = Numerics::kReassociated,  // which zero comes out of two may differ in its sign
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
