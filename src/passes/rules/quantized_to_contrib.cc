#include <algorithm>

#include "ops/softmax.h"
#include "passes/attributes.h"
#include "passes/quantized_node.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"QuantizeLinear"};
constexpr int64_t kSoftmaxOpset = 13;  // from there on a row is one axis

// Ops whose node has the shared attributes, and what they are called there.
struct Renamed {
  std::string_view op, to;
};
constexpr Renamed kRenamed[] = {{"AveragePool", "com.microsoft.QLinearAveragePool"},
                                {"LeakyRelu", "com.microsoft.QLinearLeakyRelu"},
                                {"Softmax", "com.microsoft.QLinearSoftmax"}};

bool IsDilated(const Node& node) {
  const auto dilations = AttrOr<std::vector<int64_t>>(node, "dilations", {});
  return std::any_of(dilations.begin(), dilations.end(), [](int64_t d) { return d != 1; });
}

std::optional<Node> Unary(RewriteContext& c, const QuantizedNode& q) {
  const Node& node = c.node(q.node);
  const auto* const renamed =
      std::find_if(std::begin(kRenamed), std::end(kRenamed), [&](const Renamed& r) { return r.op == node.op->name; });
  if (renamed == std::end(kRenamed) || IsDilated(node)) return std::nullopt;
  const bool softmax = renamed->op == "Softmax";
  if (softmax && node.attrs.as<SoftmaxAttrs>().flatten) return std::nullopt;
  auto made = ElementwiseForm(c, q, renamed->to);
  if (!made) return std::nullopt;
  for (const NamedAttr& a : SharedAttrs(c.node(q.node), *made->op))
    if (!made->attrs.Set(a.name, a.value).ok()) return std::nullopt;
  if (softmax && !made->attrs.Set("opset", kSoftmaxOpset).ok()) return std::nullopt;
  return made;
}

std::optional<Node> Concat(RewriteContext& c, const QuantizedNode& q) {
  if (c.node(q.node).op->name != "Concat") return std::nullopt;
  auto made = ElementwiseForm(c, q, "com.microsoft.QLinearConcat");
  if (!made) return std::nullopt;
  std::rotate(made->inputs.begin(), made->inputs.end() - 2, made->inputs.end());  // the output's come first
  for (const NamedAttr& a : SharedAttrs(c.node(q.node), *made->op))
    if (!made->attrs.Set(a.name, a.value).ok()) return std::nullopt;
  return made;
}

// ONNX Runtime's kernels: the output is as the first operand, signed ones have signed weights, and all zero points of a
// weight are one.
bool IsServed(const RewriteContext& c, const QuantizedNode& q) {
  const DType t = c.type(c.node(q.quantize).outputs[0]).dtype;
  if (q.in.empty() || q.in[0].x == kNone || c.type(q.in[0].x).dtype != t) return false;
  const std::string_view op = c.node(q.node).op->name;
  if (op != "Conv" && op != "MatMul" && op != "Gemm") return true;
  if (t == DType::kI8 && c.type(q.in[1].x).dtype != DType::kI8) return false;
  const Tensor* zero = c.Known(q.in[1].zero);
  for (int64_t i = 1; zero && i < zero->elements(); ++i)
    if (zero->Double(i) != zero->Double(0)) return false;
  return true;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const auto quantized = QuantizedNodeAt(c, n);
  if (!quantized || !IsServed(c, *quantized)) return false;
  auto made = IntegerForm(c, *quantized, BiasForm::kInt32);
  if (!made) made = Unary(c, *quantized);
  if (!made) made = Concat(c, *quantized);
  if (!made) return false;
  HASTEN_ASSIGN(const ValueId by, c.AddNode(*std::move(made), n));
  c.Replace(c.node(n).outputs[0], by);
  return true;
}

}  // namespace

extern const Rule kQuantizedToContrib = {
    .name = "quantized_to_contrib",
    .doc =
        "QuantizeLinear of a node of DequantizeLinears -> the op over the integers: QLinearConv, QLinearMatMul, and of "
        "com.microsoft QGemm and QLinear forms of Add, Mul, AveragePool, GlobalAveragePool, Sigmoid, LeakyRelu, "
        "Softmax and Concat, where ONNX Runtime has a kernel.",
    .stage = Stage::kContribWhole,
    .numerics = Numerics::kReassociated,  // as in fuse_quantized
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
