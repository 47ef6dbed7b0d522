#include "passes/quantized.h"

#include <algorithm>
#include <cmath>

#include "passes/attributes.h"

namespace hasten {
namespace {

bool IsByte(DType t) { return t == DType::kU8 || t == DType::kI8; }

bool Positive(const Tensor* scale) {
  if (!scale || scale->dtype != DType::kF32 || scale->dims.rank() > 1) return false;
  for (int64_t i = 0; i < scale->elements(); ++i)
    if (!(std::isnormal(scale->Double(i)) && scale->Double(i) > 0)) return false;
  return scale->elements() > 0;
}

// Operands 1 and 2 of the node.
std::optional<Quantized> OperandsOf(const RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const Tensor* scale = c.Known(node.inputs[1]);
  if (!Positive(scale) || AttrOr<int64_t>(node, "block_size", 0) != 0) return std::nullopt;
  Quantized q{node.inputs[0], node.inputs[1], node.inputs.size() > 2 ? node.inputs[2] : kNone, -1};
  if (q.zero != kNone && !c.Known(q.zero)) return std::nullopt;
  if (scale->elements() > 1) {
    const Shape& x = c.type(q.x).shape;
    if (!x.ranked()) return std::nullopt;
    const int64_t axis = AttrOr<int64_t>(node, "axis", 1);
    q.axis = static_cast<int>(axis < 0 ? axis + x.rank() : axis);
  }
  return q;
}

double ZeroOf(const RewriteContext& c, const Quantized& q) { return q.zero == kNone ? 0 : c.Known(q.zero)->Double(0); }

}  // namespace

std::optional<Quantized> DequantizedFrom(const RewriteContext& c, ValueId v) {
  const NodeId n = v == kNone ? kNone : c.Producer(v, "DequantizeLinear");
  if (n == kNone || c.type(v).dtype != DType::kF32) return std::nullopt;
  const DType t = c.type(c.node(n).inputs[0]).dtype;
  if (!IsByte(t) && t != DType::kI32) return std::nullopt;
  return OperandsOf(c, n);
}

std::optional<Quantized> QuantizedBy(const RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  if (c.type(node.inputs[0]).dtype != DType::kF32 || !IsByte(c.type(node.outputs[0]).dtype)) return std::nullopt;
  const int64_t precision = AttrOr<int64_t>(node, "precision", 0);
  if (precision != 0 && precision != static_cast<int64_t>(DType::kF32)) return std::nullopt;
  auto q = OperandsOf(c, n);
  return q && q->axis < 0 ? q : std::nullopt;
}

bool OnlyMoves(const Node& node) {
  constexpr std::string_view kMoves[] = {"Concat",  "DepthToSpace", "Expand",   "Flatten",      "Gather",
                                         "MaxPool", "Reshape",      "Slice",    "SpaceToDepth", "Squeeze",
                                         "Tile",    "Transpose",    "Unsqueeze"};
  return node.op && node.outputs.size() == 1 && node.epilogue.empty() &&
         std::find(std::begin(kMoves), std::end(kMoves), node.op->name) != std::end(kMoves);
}

bool SameQuantization(const RewriteContext& c, const Quantized& a, const Quantized& b) {
  return a.axis < 0 && b.axis < 0 && c.Known(a.scale)->Double(0) == c.Known(b.scale)->Double(0) &&
         ZeroOf(c, a) == ZeroOf(c, b);
}

ValueId ZeroPoint(RewriteContext& c, const Quantized& q) {
  return q.zero != kNone ? q.zero : c.AddConstant("zero_point", *NewTensor(c.type(q.x).dtype, c.Known(q.scale)->dims));
}

}  // namespace hasten
