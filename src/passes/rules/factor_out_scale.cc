#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Add"};

bool IsPlain(const RewriteContext& c, NodeId n) { return n != kNone && c.node(n).epilogue.empty(); }

// The node of this op that gives v and serves only one other.
NodeId OnlyFrom(const RewriteContext& c, ValueId v, std::string_view op) {
  const NodeId n = c.OnlyUse(v) ? c.Producer(v, op) : kNone;
  return IsPlain(c, n) ? n : kNone;
}

// x * s + (bias - mean * s)
struct Scaled {
  ValueId x = kNone, mean = kNone, scale = kNone, bias = kNone;
};

std::optional<Scaled> ScaledAt(const RewriteContext& c, NodeId n) {
  for (size_t i : {size_t{0}, size_t{1}}) {
    const NodeId product = OnlyFrom(c, c.node(n).inputs[i], "Mul"), rest = OnlyFrom(c, c.node(n).inputs[1 - i], "Sub");
    if (product == kNone || rest == kNone) continue;
    const NodeId moved = OnlyFrom(c, c.node(rest).inputs[1], "Mul");
    if (moved == kNone) continue;
    const std::vector<ValueId>&a = c.node(product).inputs, &b = c.node(moved).inputs;
    for (size_t j : {size_t{0}, size_t{1}})
      for (size_t k : {size_t{0}, size_t{1}})
        if (a[j] == b[k] && c.type(a[1 - j]) == c.type(c.node(n).outputs[0]))
          return Scaled{a[1 - j], b[1 - k], a[j], c.node(rest).inputs[0]};
  }
  return std::nullopt;
}

// A scale that is factor / divisor and serves nothing but the two products.
struct Quotient {
  ValueId factor, divisor;
};

std::optional<Quotient> QuotientOf(const RewriteContext& c, ValueId scale) {
  if (c.value(scale).uses.size() != 2 || c.graph().IsOutput(scale)) return std::nullopt;
  if (const NodeId div = c.Producer(scale, "Div"); IsPlain(c, div))
    return Quotient{c.node(div).inputs[0], c.node(div).inputs[1]};
  const NodeId mul = c.Producer(scale, "Mul");
  for (size_t i = 0; IsPlain(c, mul) && i < 2; ++i)
    if (const NodeId inverse = OnlyFrom(c, c.node(mul).inputs[i], "Reciprocal"); inverse != kNone)
      return Quotient{c.node(mul).inputs[1 - i], c.node(inverse).inputs[0]};
  return std::nullopt;
}

// x - mean: variances have computed it already.
Result<ValueId> Difference(RewriteContext& c, ValueId x, ValueId mean, NodeId before) {
  for (const Use use : c.value(mean).uses)
    if (const Node& node = c.node(use.node); use.index == 1 && node.op && node.op->name == "Sub" &&
                                             node.inputs[0] == x && node.epilogue.empty() && c.Before(use.node, before))
      return node.outputs[0];
  return c.Add("Sub", {x, mean}, before);
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId y = c.node(n).outputs[0];
  if (!IsPlain(c, n) || !IsFloat(c.type(y).dtype) || !c.type(y).shape.ranked()) return false;
  const auto scaled = ScaledAt(c, n);
  if (!scaled) return false;
  const auto quotient = QuotientOf(c, scaled->scale);
  HASTEN_ASSIGN(ValueId out, Difference(c, scaled->x, scaled->mean, n));
  if (quotient) {
    HASTEN_ASSIGN(out, c.Add("Div", {out, quotient->divisor}, n));
    HASTEN_ASSIGN(out, c.Add("Mul", {out, quotient->factor}, n));
  } else {
    HASTEN_ASSIGN(out, c.Add("Mul", {out, scaled->scale}, n));
  }
  HASTEN_ASSIGN(out, c.Add("Add", {out, scaled->bias}, n));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kFactorOutScale = {
    .name = "factor_out_scale",
    .doc =
        "x * s + (b - m * s), where nothing else reads the parts -> (x - m) * s + b, or (x - m) / w * g + b where s is "
        "g / w: a normalisation as TensorFlow spells it.",
    .stage = Stage::kMerge,
    .benefit = 20,
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
