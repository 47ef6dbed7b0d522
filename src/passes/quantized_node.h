// A float node between DequantizeLinears and a QuantizeLinear, as an op over the integers.
#pragma once
#include "passes/quantized.h"

namespace hasten {

struct QuantizedNode {
  NodeId node = kNone, quantize = kNone;
  std::vector<Quantized> in;  // no x: the operand is absent
  Quantized out;
};

// The node before the QuantizeLinear n if all its operands are dequantised and nothing else reads it.  A Relu between
// is left out where the least integer stands for 0.
std::optional<QuantizedNode> QuantizedNodeAt(const RewriteContext& c, NodeId n);

// A bias is i32 in steps of the product of the operands' scales.  Where its own scale is not that product (but for its
// rounding) it becomes f64, which kernels here take, or there is no such node.
enum class BiasForm : uint8_t { kInt32, kInt32OrF64 };

// QLinearConv, QLinearMatMul, com.microsoft.QGemm, QLinearAdd, QLinearMul, QLinearGlobalAveragePool or QLinearSigmoid.
std::optional<Node> IntegerForm(RewriteContext& c, const QuantizedNode& q, BiasForm bias);
// An op of com.microsoft with operands x, scale, zero point of each, then the scale and zero point of the output, where
// all hold one dtype and one scale each.
std::optional<Node> ElementwiseForm(RewriteContext& c, const QuantizedNode& q, std::string_view op);
// The zero point of the output, or a new constant 0 like it.
ValueId OutputZeroPoint(RewriteContext& c, const QuantizedNode& q);

}  // namespace hasten
