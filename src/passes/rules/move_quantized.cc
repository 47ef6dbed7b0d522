#include "passes/quantized.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"QuantizeLinear"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const auto y = QuantizedBy(c, n);
  if (!y || !c.OnlyUse(y->x)) return false;
  const NodeId move = c.value(y->x).producer;
  if (move == kNone) return false;
  if (!OnlyMoves(c.node(move))) return false;
  Node plain = c.Like(move);
  // ONNX Runtime, for which files mostly are, pools floats faster than it pools integers.
  if (!c.options().takes_contrib() && plain.op->name == "MaxPool") return false;
  const size_t moved = plain.op->name == "Concat" ? plain.inputs.size() : 1;
  for (size_t i = 0; i < moved; ++i) {
    const auto x = DequantizedFrom(c, plain.inputs[i]);
    if (!x || c.type(x->x).dtype != c.type(c.node(n).outputs[0]).dtype || !SameQuantization(c, *x, *y)) return false;
    plain.inputs[i] = x->x;
  }
  const ValueId out = c.node(n).outputs[0];
  HASTEN_ASSIGN(const ValueId by, c.AddNode(std::move(plain), n));
  c.Replace(out, by);
  return true;
}

}  // namespace

extern const Rule kMoveQuantized = {
    .name = "move_quantized",
    .doc =
        "QuantizeLinear of a node that only moves elements of DequantizeLinears, all by one scale and zero point -> "
        "the same node over the integers; MaxPool not in files of standard ops.",
    .stage = Stage::kWeights,
    .benefit = 210,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
