#include <algorithm>

#include "passes/quantized.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"QuantizeLinear"};

bool IsMove(const RewriteContext& c, NodeId n) {
  return n != kNone && OnlyMoves(c.node(n)) && c.node(n).op->name != "Concat";
}

// Whether the value comes, through nodes that move it alone, from a node of dequantised operands.
bool ComesFromDequantized(const RewriteContext& c, ValueId v) {
  NodeId n = c.value(v).producer;
  while (c.OnlyUse(v) && IsMove(c, n)) {
    v = c.node(n).inputs[0];
    n = c.value(v).producer;
  }
  if (n == kNone || !c.OnlyUse(v) || c.Producer(v, "DequantizeLinear") != kNone) return false;
  const auto& inputs = c.node(n).inputs;
  return !inputs.empty() &&
         std::all_of(inputs.begin(), inputs.end(), [&](ValueId in) { return in == kNone || DequantizedFrom(c, in); });
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const auto y = QuantizedBy(c, n);
  const NodeId move = y ? c.value(y->x).producer : kNone;
  if (!y || !c.OnlyUse(y->x) || !IsMove(c, move) || !ComesFromDequantized(c, c.node(move).inputs[0])) return false;
  Node quantize = c.Like(n), moved = c.Like(move);
  quantize.inputs[0] = moved.inputs[0];
  HASTEN_ASSIGN(moved.inputs[0], c.AddNode(std::move(quantize), n));
  HASTEN_ASSIGN(const ValueId out, c.AddNode(std::move(moved), n));
  c.Replace(c.node(n).outputs[0], out);
  return true;
}

}  // namespace

extern const Rule kHoistQuantize = {
    .name = "hoist_quantize",
    .doc =
        "QuantizeLinear of what nodes that only move elements give, behind a node of dequantised operands -> "
        "QuantizeLinear of that node's result, moved then.",
    .stage = Stage::kContribWhole,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
