#include <algorithm>
#include <cmath>

#include "ops/conv_transpose.h"
#include "ops/convolution.h"
#include "ops/gemm.h"
#include "passes/affine.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Add", "BatchNormalization", "Div", "Mul", "Sub"};

// A node that multiplies by a known weight, and where the channels of its output are.
struct Product {
  NodeId node = kNone;
  const Tensor* weight = nullptr;
  const Tensor* bias = nullptr;  // known, one entry a channel or one for all; null: none
  int channel = 1;               // axis of the output
  int64_t channels = 0;
  double alpha = 1, beta = 1;  // of Gemm
};

// Which input of the affine node comes from a product.
std::optional<Product> FindProduct(const RewriteContext& c, NodeId affine) {
  for (ValueId v : c.node(affine).inputs) {
    if (v == kNone || c.value(v).producer == kNone || !c.OnlyUse(v) || !c.type(v).shape.ranked()) continue;
    const Node& node = c.node(c.value(v).producer);
    const std::string_view op = node.op ? node.op->name : "";
    if ((op != "Conv" && op != "ConvTranspose" && op != "Gemm" && op != "MatMul") || !node.epilogue.empty()) continue;
    Product p{c.value(v).producer, c.Known(node.inputs[1])};
    if (!p.weight || !IsFloat(p.weight->dtype) || p.weight->dims.rank() < 2) continue;
    if (op == "MatMul" && p.weight->dims.rank() != 2) continue;
    if (op == "Conv") {
      p.channels = p.weight->dims[0];
    } else if (op == "ConvTranspose") {
      p.channels = p.weight->dims[1] * node.attrs.as<ConvTransposeAttrs>().group;
    } else {
      p.channel = c.type(v).shape.rank() - 1;
      p.channels = p.weight->dims[op == "Gemm" && node.attrs.as<GemmAttrs>().trans_b ? 0 : 1];
    }
    if (op == "Gemm") {
      p.alpha = double{node.attrs.as<GemmAttrs>().alpha};
      p.beta = double{node.attrs.as<GemmAttrs>().beta};
    }
    if (node.inputs.size() > 2 && node.inputs[2] != kNone) {
      p.bias = c.Known(node.inputs[2]);
      if (!p.bias || (p.bias->elements() != p.channels && p.bias->elements() != 1)) continue;
      if (p.bias->dims.rank() == 2 && p.bias->dims[0] != 1) continue;
    }
    return p;
  }
  return std::nullopt;
}

Result<Tensor> ScaledWeight(const Node& node, const Tensor& w, const std::vector<double>& scale) {
  const std::string_view op = node.op->name;
  if (op == "Conv") return ScaleAlong(w, 0, scale);
  if (op != "ConvTranspose") return ScaleAlong(w, op == "Gemm" && node.attrs.as<GemmAttrs>().trans_b ? 0 : 1, scale);
  // w[c, m] makes channel g * M / group + m of group g, to which input channel c belongs.
  const int64_t inner = w.dims.Product(2, w.dims.rank()), per_group = w.dims[1];
  const int64_t inputs = w.dims[0] / node.attrs.as<ConvTransposeAttrs>().group;
  Tensor flat = w;
  flat.dims = Dims{w.dims[0] * per_group, inner};
  std::vector<double> factors(static_cast<size_t>(flat.dims[0]));
  for (size_t k = 0; k < factors.size(); ++k) {
    const auto row = static_cast<int64_t>(k);
    factors[k] = scale[static_cast<size_t>(row / per_group / inputs * per_group + row % per_group)];
  }
  HASTEN_ASSIGN(Tensor out, ScaleAlong(flat, 0, factors));
  out.dims = w.dims;
  return out;
}

std::vector<double> NewBias(const Product& p, const Affine& a) {
  std::vector<double> out(static_cast<size_t>(p.channels));
  for (size_t i = 0; i < out.size(); ++i) {
    if (p.bias && p.beta != 0) out[i] = p.beta * p.bias->Double(p.bias->elements() == 1 ? 0 : static_cast<int64_t>(i));
    if (!a.scale.empty()) out[i] *= a.scale[i];
    if (!a.shift.empty()) out[i] += a.shift[i];
  }
  return out;
}

bool AllFinite(const std::vector<double>& v) {
  return std::all_of(v.begin(), v.end(), [](double d) { return std::isfinite(d); });
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const auto p = FindProduct(c, n);
  if (!p) return false;
  const auto a = AffineOf(c, n, p->channel, p->channels);
  const ValueId x = c.node(p->node).outputs[0], y = c.node(n).outputs[0];
  if (!a || a->x != x || !AllFinite(a->scale) || !AllFinite(a->shift)) return false;
  const Node& host = c.node(p->node);
  const bool matmul = host.op->name == "MatMul";
  // A shift behind a MatMul has no place in it; the epilogue takes that.
  if (matmul && (a->scale.empty() || (!a->shift.empty() && c.type(x).shape.rank() != 2))) return false;
  if (!c.CanReplace(y, x)) return false;
  const DType dtype = p->weight->dtype;
  Node made = host;
  made.epilogue = {};
  if (!a->scale.empty()) {
    HASTEN_ASSIGN(Tensor w, ScaledWeight(host, *p->weight, a->scale));
    made.inputs[1] = c.AddConstant(c.value(host.inputs[1]).name, std::move(w));
  }
  if (!matmul && (p->bias || !a->shift.empty())) {
    HASTEN_ASSIGN(Tensor bias, FloatVector(dtype, NewBias(*p, *a)));
    made.inputs.resize(3, kNone);
    made.inputs[2] = c.AddConstant(Str(c.value(host.inputs[1]).name, ".bias"), std::move(bias));
    if (host.op->name == "Gemm") made.attrs.as<GemmAttrs>().beta = 1;
  }
  HASTEN_ASSIGN(ValueId out, c.AddNode(std::move(made), n));
  if (matmul && !a->shift.empty()) {
    HASTEN_ASSIGN(Tensor shift, FloatVector(dtype, a->shift));
    HASTEN_ASSIGN(out, c.Add("Add", {out, c.AddConstant(c.value(y).name + ".shift", std::move(shift))}, n));
  }
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kFoldAffineAfter = {
    .name = "fold_affine_after",
    .doc =
        "Conv, ConvTranspose, Gemm or MatMul with a known weight, then BatchNormalization with known statistics or a "
        "constant per channel added, subtracted, multiplied or divided by -> the same with other weight and bias.",
    .stage = Stage::kWeights,
    .benefit = 20,
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
