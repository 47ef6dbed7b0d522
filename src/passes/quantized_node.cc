#include "passes/quantized_node.h"

#include <cmath>

#include "ops/convolution.h"
#include "ops/gemm.h"

namespace hasten {
namespace {

constexpr double kRounding = 1e-6;  // of a product in f32

bool IsByte(DType t) { return t == DType::kU8 || t == DType::kI8; }
bool IsVector(const RewriteContext& c, ValueId v) { return c.type(v).shape.ranked() && c.type(v).shape.rank() == 1; }

// The bias in steps of a's scale times b's: as it is where its own scale is their product, else as f64.  kNone: it is
// no constant vector of quantised integers, or has no such form.
ValueId BiasInSteps(RewriteContext& c, const Quantized& a, const Quantized& b, const Quantized& bias, BiasForm form) {
  if (c.type(bias.x).dtype != DType::kI32 || !c.Known(bias.x) || !IsVector(c, bias.x)) return kNone;
  if (bias.zero != kNone && c.Known(bias.zero)->Double(0) != 0) return kNone;
  const Tensor &x = *c.Known(bias.x), &own = *c.Known(bias.scale), &w = *c.Known(b.scale);
  const auto at = [](const Tensor& t, int64_t i) { return t.Double(t.elements() == 1 ? 0 : i); };
  const int64_t n = x.elements();
  if ((own.elements() != 1 && own.elements() != n) || (w.elements() != 1 && w.elements() != n)) return kNone;
  Tensor steps = *NewTensor(DType::kF64, x.dims);
  bool same = true, close = true;
  for (int64_t i = 0; i < n; ++i) {
    const double scale = c.Known(a.scale)->Double(0) * at(w, i);
    same = same && at(own, i) == scale;
    close = close && std::abs(at(own, i) - scale) <= kRounding * scale;
    steps.as<double>()[i] = x.Double(i) * (at(own, i) / scale);
  }
  if (form == BiasForm::kInt32) return close ? bias.x : kNone;
  return same ? bias.x : c.AddConstant("bias", std::move(steps));
}

bool AreBytes(const RewriteContext& c, const QuantizedNode& b, size_t count) {
  for (size_t i = 0; i < count; ++i)
    if (b.in[i].x == kNone || !IsByte(c.type(b.in[i].x).dtype)) return false;
  return true;
}

// a, scale, zero; b, scale, zero.
std::vector<ValueId> Factors(RewriteContext& c, const QuantizedNode& b) {
  std::vector<ValueId> out;
  for (size_t i = 0; i < 2; ++i) out.insert(out.end(), {b.in[i].x, b.in[i].scale, ZeroPoint(c, b.in[i])});
  return out;
}

Node NodeOf(const RewriteContext& c, std::string_view op) {
  Node node;
  node.op = c.options().catalog->Find(op);
  if (node.op) node.attrs = Attrs(node.op->attrs);
  return node;
}

std::optional<Node> Convolution(RewriteContext& c, const QuantizedNode& b, BiasForm form) {
  const bool bias = b.in.size() > 2 && b.in[2].x != kNone;
  if (!AreBytes(c, b, 2) || b.in[0].axis >= 0 || b.in[1].axis > 0) return std::nullopt;
  const ValueId steps = bias ? BiasInSteps(c, b.in[0], b.in[1], b.in[2], form) : kNone;
  if (bias && steps == kNone) return std::nullopt;
  Node made = NodeOf(c, "QLinearConv");
  made.attrs.as<ConvAttrs>() = c.node(b.node).attrs.as<ConvAttrs>();
  made.inputs = Factors(c, b);
  made.inputs.insert(made.inputs.end(), {b.out.scale, OutputZeroPoint(c, b)});
  if (bias) made.inputs.push_back(steps);
  return made;
}

std::optional<Node> Product(RewriteContext& c, const QuantizedNode& b) {
  const Shape &a_shape = c.type(b.in[0].x).shape, &shape = c.type(b.in[1].x).shape;
  if (!AreBytes(c, b, 2) || b.in[0].axis >= 0 || !shape.ranked() || !a_shape.ranked()) return std::nullopt;
  if (b.in[1].axis >= 0 && (shape.rank() != 2 || b.in[1].axis != 1)) return std::nullopt;
  Node made = NodeOf(c, "QLinearMatMul");
  made.inputs = Factors(c, b);
  made.inputs.insert(made.inputs.end(), {b.out.scale, OutputZeroPoint(c, b)});
  return made;
}

std::optional<Node> Gemm(RewriteContext& c, const QuantizedNode& b, BiasForm form) {
  const auto attrs = c.node(b.node).attrs.as<GemmAttrs>();
  const bool bias = b.in.size() > 2 && b.in[2].x != kNone;
  if (!AreBytes(c, b, 2) || b.in[0].axis >= 0 || attrs.alpha != 1 || (bias && attrs.beta != 1)) return std::nullopt;
  if (b.in[1].axis >= 0 && b.in[1].axis != (attrs.trans_b ? 0 : 1)) return std::nullopt;
  const ValueId steps = bias ? BiasInSteps(c, b.in[0], b.in[1], b.in[2], form) : kNone;
  Node made = NodeOf(c, "com.microsoft.QGemm");
  if (!made.op || (bias && steps == kNone)) return std::nullopt;
  made.attrs.as<GemmAttrs>() = attrs;
  made.inputs = Factors(c, b);
  made.inputs.insert(made.inputs.end(), {steps, b.out.scale, OutputZeroPoint(c, b)});
  return made;
}

// A Relu between disappears where the least integer stands for 0.
NodeId SkipRelu(const RewriteContext& c, const Quantized& out, DType t, NodeId n) {
  if (n == kNone || !c.node(n).op || c.node(n).op->name != "Relu" || !c.node(n).epilogue.empty()) return n;
  const double zero = out.zero == kNone ? 0 : c.Known(out.zero)->Double(0);
  if (zero != static_cast<double>(IntMin(t)) || !c.OnlyUse(c.node(n).inputs[0])) return kNone;
  return c.value(c.node(n).inputs[0]).producer;
}

}  // namespace

ValueId OutputZeroPoint(RewriteContext& c, const QuantizedNode& b) {
  if (b.out.zero != kNone) return b.out.zero;
  return c.AddConstant("zero_point", *NewTensor(c.type(c.node(b.quantize).outputs[0]).dtype, {}));
}

std::optional<QuantizedNode> QuantizedNodeAt(const RewriteContext& c, NodeId n) {
  const auto y = QuantizedBy(c, n);
  if (!y || !c.OnlyUse(y->x)) return std::nullopt;
  QuantizedNode out{SkipRelu(c, *y, c.type(c.node(n).outputs[0]).dtype, c.value(y->x).producer), n, {}, *y};
  if (out.node == kNone || !c.node(out.node).op || !c.node(out.node).epilogue.empty()) return std::nullopt;
  for (ValueId v : c.node(out.node).inputs) {
    if (v == kNone) {
      out.in.emplace_back();
      continue;
    }
    const auto x = DequantizedFrom(c, v);
    if (!x) return std::nullopt;
    out.in.push_back(*x);
  }
  return out;
}

std::optional<Node> ElementwiseForm(RewriteContext& c, const QuantizedNode& b, std::string_view op) {
  const DType t = c.type(c.node(b.quantize).outputs[0]).dtype;
  for (size_t i = 0; i < b.in.size(); ++i)
    if (b.in[i].x == kNone || b.in[i].axis >= 0 || c.type(b.in[i].x).dtype != t) return std::nullopt;
  Node made = NodeOf(c, op);
  if (!made.op) return std::nullopt;
  for (const Quantized& q : b.in) made.inputs.insert(made.inputs.end(), {q.x, q.scale, ZeroPoint(c, q)});
  made.inputs.insert(made.inputs.end(), {b.out.scale, OutputZeroPoint(c, b)});
  return made;
}

std::optional<Node> IntegerForm(RewriteContext& c, const QuantizedNode& b, BiasForm form) {
  const std::string_view op = c.node(b.node).op->name;
  if (op == "Conv") return Convolution(c, b, form);
  if (op == "MatMul") return Product(c, b);
  if (op == "Gemm") return Gemm(c, b, form);
  if (op == "Add") return ElementwiseForm(c, b, "com.microsoft.QLinearAdd");
  if (op == "Mul") return ElementwiseForm(c, b, "com.microsoft.QLinearMul");
  if (op == "GlobalAveragePool") return ElementwiseForm(c, b, "com.microsoft.QLinearGlobalAveragePool");
  if (op == "Sigmoid") return ElementwiseForm(c, b, "com.microsoft.QLinearSigmoid");
  return std::nullopt;
}

}  // namespace hasten
