#include "ops/convolution.h"
#include "ops/gemm.h"
#include "passes/attributes.h"
#include "passes/quantized.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"QuantizeLinear"};

bool IsByte(DType t) { return t == DType::kU8 || t == DType::kI8; }
bool IsVector(const RewriteContext& c, ValueId v) { return c.type(v).shape.ranked() && c.type(v).shape.rank() == 1; }

// The float node between operands and result.
struct Between {
  NodeId node = kNone, quantize = kNone;
  std::vector<Quantized> in;  // no x: the operand is absent
  Quantized out;
};

// The bias in steps of a's scale times b's: as it is where its own scale is their product, else as f64.  kNone: it is
// no constant vector of quantised integers.
ValueId BiasInSteps(RewriteContext& c, const Quantized& a, const Quantized& b, const Quantized& bias) {
  if (c.type(bias.x).dtype != DType::kI32 || !c.Known(bias.x) || !IsVector(c, bias.x)) return kNone;
  if (bias.zero != kNone && c.Known(bias.zero)->Double(0) != 0) return kNone;
  const Tensor &x = *c.Known(bias.x), &own = *c.Known(bias.scale), &w = *c.Known(b.scale);
  const auto at = [](const Tensor& t, int64_t i) { return t.Double(t.elements() == 1 ? 0 : i); };
  const int64_t n = x.elements();
  if ((own.elements() != 1 && own.elements() != n) || (w.elements() != 1 && w.elements() != n)) return kNone;
  Tensor steps = *NewTensor(DType::kF64, x.dims);
  bool same = true;
  for (int64_t i = 0; i < n; ++i) {
    const double scale = c.Known(a.scale)->Double(0) * at(w, i);
    same = same && at(own, i) == scale;
    steps.as<double>()[i] = x.Double(i) * (at(own, i) / scale);
  }
  return same ? bias.x : c.AddConstant("bias", std::move(steps));
}

bool AreBytes(const RewriteContext& c, const Between& b, size_t count) {
  for (size_t i = 0; i < count; ++i)
    if (b.in[i].x == kNone || !IsByte(c.type(b.in[i].x).dtype)) return false;
  return true;
}

// a, scale, zero; b, scale, zero.
std::vector<ValueId> Factors(RewriteContext& c, const Between& b) {
  std::vector<ValueId> out;
  for (size_t i = 0; i < 2; ++i) out.insert(out.end(), {b.in[i].x, b.in[i].scale, ZeroPoint(c, b.in[i])});
  return out;
}

ValueId OutZero(RewriteContext& c, const Between& b) {
  if (b.out.zero != kNone) return b.out.zero;
  return c.AddConstant("zero_point", *NewTensor(c.type(c.node(b.quantize).outputs[0]).dtype, {}));
}

Node NodeOf(const RewriteContext& c, std::string_view op) {
  Node node;
  node.op = c.options().catalog->Find(op);
  if (node.op) node.attrs = Attrs(node.op->attrs);
  return node;
}

std::optional<Node> Convolution(RewriteContext& c, const Between& b) {
  const bool bias = b.in.size() > 2 && b.in[2].x != kNone;
  if (!AreBytes(c, b, 2) || b.in[0].axis >= 0 || b.in[1].axis > 0) return std::nullopt;
  const ValueId steps = bias ? BiasInSteps(c, b.in[0], b.in[1], b.in[2]) : kNone;
  if (bias && steps == kNone) return std::nullopt;
  Node made = NodeOf(c, "QLinearConv");
  made.attrs.as<ConvAttrs>() = c.node(b.node).attrs.as<ConvAttrs>();
  made.inputs = Factors(c, b);
  made.inputs.insert(made.inputs.end(), {b.out.scale, OutZero(c, b)});
  if (bias) made.inputs.push_back(steps);
  return made;
}

std::optional<Node> Product(RewriteContext& c, const Between& b) {
  const Shape &a_shape = c.type(b.in[0].x).shape, &shape = c.type(b.in[1].x).shape;
  if (!AreBytes(c, b, 2) || b.in[0].axis >= 0 || !shape.ranked() || !a_shape.ranked()) return std::nullopt;
  if (b.in[1].axis >= 0 && (shape.rank() != 2 || b.in[1].axis != 1)) return std::nullopt;
  Node made = NodeOf(c, "QLinearMatMul");
  made.inputs = Factors(c, b);
  made.inputs.insert(made.inputs.end(), {b.out.scale, OutZero(c, b)});
  return made;
}

std::optional<Node> Gemm(RewriteContext& c, const Between& b) {
  const auto attrs = c.node(b.node).attrs.as<GemmAttrs>();
  const bool bias = b.in.size() > 2 && b.in[2].x != kNone;
  if (!AreBytes(c, b, 2) || b.in[0].axis >= 0 || attrs.alpha != 1 || (bias && attrs.beta != 1)) return std::nullopt;
  if (b.in[1].axis >= 0 && b.in[1].axis != (attrs.trans_b ? 0 : 1)) return std::nullopt;
  const ValueId steps = bias ? BiasInSteps(c, b.in[0], b.in[1], b.in[2]) : kNone;
  Node made = NodeOf(c, "com.microsoft.QGemm");
  if (!made.op || (bias && steps == kNone)) return std::nullopt;
  made.attrs.as<GemmAttrs>() = attrs;
  made.inputs = Factors(c, b);
  made.inputs.insert(made.inputs.end(), {steps, b.out.scale, OutZero(c, b)});
  return made;
}

std::optional<Node> Elementwise(RewriteContext& c, const Between& b, std::string_view op) {
  const DType t = c.type(c.node(b.quantize).outputs[0]).dtype;
  for (size_t i = 0; i < b.in.size(); ++i)
    if (b.in[i].x == kNone || b.in[i].axis >= 0 || c.type(b.in[i].x).dtype != t) return std::nullopt;
  Node made = NodeOf(c, op);
  if (!made.op) return std::nullopt;
  for (const Quantized& q : b.in) made.inputs.insert(made.inputs.end(), {q.x, q.scale, ZeroPoint(c, q)});
  made.inputs.insert(made.inputs.end(), {b.out.scale, OutZero(c, b)});
  return made;
}

std::optional<Node> MadeFrom(RewriteContext& c, const Between& b) {
  const std::string_view op = c.node(b.node).op->name;
  if (op == "Conv") return Convolution(c, b);
  if (op == "MatMul") return Product(c, b);
  if (op == "Gemm") return Gemm(c, b);
  if (op == "Add") return Elementwise(c, b, "com.microsoft.QLinearAdd");
  if (op == "Mul") return Elementwise(c, b, "com.microsoft.QLinearMul");
  if (op == "GlobalAveragePool") return Elementwise(c, b, "com.microsoft.QLinearGlobalAveragePool");
  if (op == "Sigmoid") return Elementwise(c, b, "com.microsoft.QLinearSigmoid");
  return std::nullopt;
}

// A Relu between disappears where the least integer stands for 0.
NodeId SkipRelu(const RewriteContext& c, const Quantized& out, DType t, NodeId n) {
  if (n == kNone || !c.node(n).op || c.node(n).op->name != "Relu" || !c.node(n).epilogue.empty()) return n;
  const double zero = out.zero == kNone ? 0 : c.Known(out.zero)->Double(0);
  if (zero != static_cast<double>(IntMin(t)) || !c.OnlyUse(c.node(n).inputs[0])) return kNone;
  return c.value(c.node(n).inputs[0]).producer;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const auto y = QuantizedBy(c, n);
  if (!y || !c.OnlyUse(y->x)) return false;
  const ValueId out = c.node(n).outputs[0];
  Between b{SkipRelu(c, *y, c.type(out).dtype, c.value(y->x).producer), n, {}, *y};
  if (b.node == kNone || !c.node(b.node).op || !c.node(b.node).epilogue.empty()) return false;
  for (ValueId v : c.node(b.node).inputs) {
    if (v == kNone) {
      b.in.emplace_back();
      continue;
    }
    const auto x = DequantizedFrom(c, v);
    if (!x) return false;
    b.in.push_back(*x);
  }
  auto made = MadeFrom(c, b);
  if (!made) return false;
  HASTEN_ASSIGN(const ValueId by, c.AddNode(*std::move(made), n));
  c.Replace(out, by);
  return true;
}

}  // namespace

extern const Rule kFuseQuantized = {
    .name = "fuse_quantized",
    .doc =
        "QuantizeLinear of Conv, MatMul, Gemm, Add, Mul, GlobalAveragePool or Sigmoid of DequantizeLinears -> the op "
        "over the integers; a Relu between goes where the least integer stands for 0.",
    .stage = Stage::kWeights,
    .benefit = 200,
    // Every integer is the one that real arithmetic gives.  f32 between the nodes rounds first, and where that makes or
    // breaks a tie it gives the integer next to it.
    .numerics = Numerics::kReassociated,
    .target = Target::kRun,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
