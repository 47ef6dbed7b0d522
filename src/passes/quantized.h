// The QuantizeLinear and DequantizeLinear nodes around a float node.
#pragma once
#include "passes/rule.h"

namespace hasten {

// A value of 8-bit integers (a bias: 32) with the operands that say what it stands for.
struct Quantized {
  ValueId x = kNone, scale = kNone, zero = kNone;  // zero: kNone where absent
  int axis = -1;                                   // of a scale per index; -1: one for all
};

// What v stands for if a DequantizeLinear to f32 gives it, by known scales greater than zero.
std::optional<Quantized> DequantizedFrom(const RewriteContext& c, ValueId v);
// The operands of the QuantizeLinear n of f32 to 8 bits, by one known scale; x is its input.
std::optional<Quantized> QuantizedBy(const RewriteContext& c, NodeId n);
// One scale, and the same for both, and so the zero points.
bool SameQuantization(const RewriteContext& c, const Quantized& a, const Quantized& b);
// True for a node that picks elements of its input, of a Concat its inputs, and makes none; of a MaxPool by an order
// that a positive scale keeps.
bool OnlyMoves(const Node& node);
// The zero point, or a new constant 0 like it.
ValueId ZeroPoint(RewriteContext& c, const Quantized& q);

}  // namespace hasten
