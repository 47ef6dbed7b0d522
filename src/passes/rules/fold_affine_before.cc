#include <algorithm>

#include "ops/convolution.h"
#include "passes/affine.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Conv", "ConvTranspose"};

// A padded element is 0 before the convolution, not before the shift.
bool Pads(const ConvAttrs& a) {
  if (HasSamePadding(a)) return true;
  return HasExplicitPadding(a) && std::any_of(a.pads.begin(), a.pads.end(), [](int64_t p) { return p != 0; });
}

// bias[m] += sum over c, k of w[m, c, k] * shift[c of the group of m].
std::vector<double> ShiftedBias(const Tensor& w, const Tensor* bias, int64_t group, const std::vector<double>& shift) {
  const int64_t filters = w.dims[0], inputs = w.dims[1], inner = w.dims.Product(2, w.dims.rank());
  std::vector<double> out(static_cast<size_t>(filters)), row(static_cast<size_t>(inputs * inner));
  for (int64_t m = 0; m < filters; ++m) {
    double sum = bias ? bias->Double(m) : 0;
    ReadDoubles(w, m * inputs * inner, row);
    for (int64_t i = 0; i < inputs * inner; ++i)
      sum += row[static_cast<size_t>(i)] * shift[static_cast<size_t>(m / (filters / group) * inputs + i / inner)];
    out[static_cast<size_t>(m)] = sum;
  }
  return out;
}

// Places near the border see fewer weights than others: only a factor goes into a ConvTranspose.
Result<bool> ApplyTransposed(RewriteContext& c, NodeId n) {
  const Node& conv = c.node(n);
  const Tensor* w = c.Known(conv.inputs[1]);
  const ValueId x = conv.inputs[0], y = conv.outputs[0];
  const NodeId before = c.value(x).producer;
  if (!w || !IsFloat(w->dtype) || before == kNone || !c.OnlyUse(x) || !conv.epilogue.empty()) return false;
  const auto a = AffineOf(c, before, 1, w->dims[0]);
  if (!a || a->scale.empty() || !a->shift.empty()) return false;
  Node made = c.Like(n);
  HASTEN_ASSIGN(Tensor scaled, ScaleAlong(*w, 0, a->scale));
  made.inputs[0] = a->x;
  made.inputs[1] = c.AddConstant(c.value(made.inputs[1]).name, std::move(scaled));
  HASTEN_ASSIGN(const ValueId out, c.AddNode(std::move(made), n));
  c.Replace(y, out);
  return true;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  if (c.node(n).op->name == "ConvTranspose") return ApplyTransposed(c, n);
  const Node& conv = c.node(n);
  const auto& attrs = conv.attrs.as<ConvAttrs>();
  const Tensor* w = c.Known(conv.inputs[1]);
  const ValueId x = conv.inputs[0];
  const NodeId before = c.value(x).producer;
  if (!w || !IsFloat(w->dtype) || before == kNone || !c.OnlyUse(x) || !conv.epilogue.empty()) return false;
  const int64_t channels = w->dims[1] * attrs.group;
  const auto a = AffineOf(c, before, 1, channels);
  const bool has_bias = conv.inputs.size() > 2 && conv.inputs[2] != kNone;
  const Tensor* bias = has_bias ? c.Known(conv.inputs[2]) : nullptr;
  if (!a || (!a->shift.empty() && (Pads(attrs) || (has_bias && !bias)))) return false;
  Tensor scaled = *w;
  if (!a->scale.empty()) {
    const int64_t filters_per_group = w->dims[0] / attrs.group, inputs = w->dims[1];
    Tensor flat = *w;
    flat.dims = Dims{w->dims[0] * inputs, w->dims.Product(2, w->dims.rank())};
    std::vector<double> factors(static_cast<size_t>(flat.dims[0]));
    for (size_t k = 0; k < factors.size(); ++k) {
      const auto row = static_cast<int64_t>(k);
      factors[k] = a->scale[static_cast<size_t>(row / inputs / filters_per_group * inputs + row % inputs)];
    }
    HASTEN_ASSIGN(scaled, ScaleAlong(flat, 0, factors));
    scaled.dims = w->dims;
  }
  Node made = conv;
  const std::string name = c.value(conv.inputs[1]).name;
  if (!a->shift.empty()) {
    HASTEN_ASSIGN(Tensor sum, FloatVector(w->dtype, ShiftedBias(*w, bias, attrs.group, a->shift)));
    made.inputs.resize(3, kNone);
    made.inputs[2] = c.AddConstant(name + ".bias", std::move(sum));
  }
  made.inputs[0] = a->x;
  made.inputs[1] = c.AddConstant(name, std::move(scaled));
  const ValueId y = conv.outputs[0];
  HASTEN_ASSIGN(const ValueId out, c.AddNode(std::move(made), n));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kFoldAffineBefore = {
    .name = "fold_affine_before",
    .doc =
        "BatchNormalization with known statistics, or a constant per channel, then Conv with a known weight -> Conv "
        "with other weight and bias; where something is added, only without padding.  A factor then ConvTranspose -> "
        "with another weight.",
    .stage = Stage::kWeights,
    .benefit = 10,
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
