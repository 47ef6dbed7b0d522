#include "passes/affine.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "passes/attributes.h"

namespace hasten {
namespace {

// One number per channel of a tensor that varies along `channel` of `rank` axes only.
std::optional<std::vector<double>> PerChannel(const Tensor& t, int rank, int channel, int64_t channels) {
  if (!IsFloat(t.dtype) || t.dims.rank() > rank) return std::nullopt;
  const int offset = rank - t.dims.rank();
  for (int i = 0; i < t.dims.rank(); ++i) {
    const int64_t d = t.dims[static_cast<size_t>(i)];
    if (d != 1 && (i + offset != channel || d != channels)) return std::nullopt;
  }
  std::vector<double> out = ToDoubles(t);
  if (out.size() == 1) out.resize(static_cast<size_t>(channels), out[0]);
  return out;
}

std::optional<Affine> OfBatchNormalization(const RewriteContext& c, const Node& node, int channel, int64_t channels) {
  if (channel != 1 || AttrOr<int64_t>(node, "training_mode", 0) != 0) return std::nullopt;
  for (size_t i = 1; i < node.outputs.size(); ++i)
    if (node.outputs[i] != kNone) return std::nullopt;
  std::vector<double> k[4];
  for (size_t i = 0; i < 4; ++i) {
    const Tensor* t = c.Known(node.inputs[i + 1]);
    if (!t || !IsFloat(t->dtype) || t->elements() != channels) return std::nullopt;
    k[i] = ToDoubles(*t);
  }
  const double epsilon = AttrOr<float>(node, "epsilon", 1e-5f);
  Affine out{node.inputs[0], k[0], k[1]};
  for (size_t i = 0; i < k[0].size(); ++i) {
    out.scale[i] /= std::sqrt(k[3][i] + epsilon);
    out.shift[i] -= k[2][i] * out.scale[i];
  }
  return out;
}

bool IsFinite(double v) { return std::isfinite(static_cast<float>(v)); }

void Negate(std::vector<double>* v) {
  for (double& e : *v) e = -e;
}

}  // namespace

std::optional<Affine> AffineOf(const RewriteContext& c, NodeId n, int channel, int64_t channels) {
  const Node& node = c.node(n);
  const std::string_view op = node.op ? node.op->name : "";
  if (!node.epilogue.empty()) return std::nullopt;
  if (op == "BatchNormalization") return OfBatchNormalization(c, node, channel, channels);
  if (op != "Add" && op != "Sub" && op != "Mul" && op != "Div") return std::nullopt;
  const bool left = c.Known(node.inputs[0]) != nullptr;
  const ValueId x = node.inputs[left ? 1 : 0];
  const Tensor* t = c.Known(node.inputs[left ? 0 : 1]);
  const Shape &shape = c.type(x).shape, &out_shape = c.type(node.outputs[0]).shape;
  if (!t || !shape.ranked() || !(shape == out_shape) || (left && op == "Div")) return std::nullopt;
  auto k = PerChannel(*t, shape.rank(), channel, channels);
  if (!k) return std::nullopt;
  Affine out{x, {}, {}};
  if (op == "Mul") {
    out.scale = std::move(*k);
  } else if (op == "Div") {
    for (double& e : *k) e = 1 / e;
    out.scale = std::move(*k);
  } else {
    if (op == "Sub" && !left) Negate(&*k);
    if (op == "Sub" && left) out.scale.assign(static_cast<size_t>(channels), -1);
    out.shift = std::move(*k);
  }
  return out;
}

bool ExtendAffine(const RewriteContext& c, std::span<const std::string_view> ops, AffineChain* chain) {
  if (!c.OnlyUse(chain->y)) return false;
  const NodeId n = c.value(chain->y).uses[0].node;
  if (!c.node(n).op || std::find(ops.begin(), ops.end(), c.node(n).op->name) == ops.end() ||
      !(c.type(c.node(n).outputs[0]) == c.type(chain->y)))
    return false;
  const auto affine = AffineOf(c, n, 1, static_cast<int64_t>(chain->scale.size()));
  if (!affine || affine->x != chain->y) return false;
  AffineChain longer{c.node(n).outputs[0], n, chain->scale, chain->shift};
  for (size_t i = 0; i < longer.scale.size(); ++i) {
    const double factor = affine->scale.empty() ? 1 : affine->scale[i];
    longer.scale[i] *= factor;
    longer.shift[i] = longer.shift[i] * factor + (affine->shift.empty() ? 0 : affine->shift[i]);
    if (!IsFinite(longer.scale[i]) || !IsFinite(longer.shift[i])) return false;
  }
  *chain = std::move(longer);
  return true;
}

namespace {

// Weights of a mapped file lie anywhere, so that floats are read byte by byte, which costs nothing.
void ScaleFloats(const std::byte* from, double factor, std::span<float> to) {
  for (size_t i = 0; i < to.size(); ++i) {
    float v = 0;
    std::memcpy(&v, from + i * sizeof v, sizeof v);
    to[i] = static_cast<float>(static_cast<double>(v) * factor);
  }
}

}  // namespace

Result<Tensor> ScaleAlong(const Tensor& t, int axis, std::span<const double> factors) {
  HASTEN_ASSIGN(Tensor out, NewTensor(t.dtype, t.dims));
  const int64_t inner = t.dims.Product(axis + 1, t.dims.rank());
  size_t k = 0;
  for (int64_t at = 0; at < t.elements(); at += inner, k = k + 1 == factors.size() ? 0 : k + 1) {
    if (t.dtype == DType::kF32) {
      ScaleFloats(t.data + at * 4, factors[k], std::span(out.as<float>() + at, static_cast<size_t>(inner)));
      continue;
    }
    for (int64_t i = at; i < at + inner; ++i) out.SetDouble(i, t.Double(i) * factors[k]);
  }
  return out;
}

Result<Tensor> FloatVector(DType dtype, std::span<const double> v) {
  HASTEN_ASSIGN(Tensor out, NewTensor(dtype, Dims{static_cast<int64_t>(v.size())}));
  WriteDoubles(&out, 0, v);
  return out;
}

}  // namespace hasten
