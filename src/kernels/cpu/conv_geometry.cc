#include "kernels/cpu/conv_geometry.h"

#include <cstring>

#include "tensor/alignment.h"

namespace hasten::cpu {

bool ConvSupported(const PlanCall& call) { return call.constant(1) && ConvSupportedWithAnyWeight(call); }

bool ConvSupportedWithAnyWeight(const PlanCall& call) {
  const auto w = call.in[1].shape.ranked() ? call.in[1].shape.Concrete() : std::nullopt;
  if (!w || call.in[1].dtype != DType::kF32 || w->rank() < 3 || w->rank() > 5 || w->elements() == 0) return false;
  if (call.in[0].dtype != DType::kF32 || !call.in[0].shape.ranked()) return false;
  if (call.has(2) && call.in[2].dtype != DType::kF32) return false;
  return EpilogueSupported(call);
}

ConvGeometry GeometryOf(const ConvAttrs& a, const Dims& x, const Dims& weight, const Dims& y) {
  ConvGeometry g;
  const Window window = MakeWindow(a, x.span().subspan(2), weight.span().subspan(2), y.span().subspan(2));
  for (int i = 0; i < window.rank; ++i)
    g.axes[static_cast<size_t>(3 - window.rank + i)] = window.axes[static_cast<size_t>(i)];
  g.batch = x[0];
  g.groups = a.group;
  g.channels = weight[1];
  g.filters = weight[0] / a.group;
  return g;
}

Status PrepareConv(const PlanCall& call, std::vector<std::byte>* params) {
  ConvParams p;
  const Dims dims = *call.in[1].shape.Concrete();
  p.rank = dims.rank();
  p.constant = call.constant(1) != nullptr;
  std::copy(dims.begin(), dims.end(), p.dims);
  params->resize(sizeof p);
  std::memcpy(params->data(), &p, sizeof p);
  return {};
}

Dims WeightDims(const void* params) {
  ConvParams p;
  std::memcpy(&p, params, sizeof p);
  return Dims(std::span<const int64_t>(p.dims, static_cast<size_t>(p.rank)));
}

bool IsConstantWeight(const void* params) {
  ConvParams p;
  std::memcpy(&p, params, sizeof p);
  return p.constant != 0;
}

void PackFilters(const Panels& panels, const float* w, int64_t channels, int64_t taps, std::span<int64_t> rows,
                 float* packed) {
  const int64_t k = taps * channels;
  for (int64_t t = 0; t < taps; ++t)
    for (int64_t c = 0; c < channels; ++c) rows[static_cast<size_t>(t * channels + c)] = c * taps + t;
  PackPanels(panels, {w, rows, 0, k}, k, 0, panels.count, packed);
}

Status PackConv(const PlanCall& call, int, Tensor* packed) {
  HASTEN_ASSIGN(const Tensor w, Aligned(*call.constant(1)));
  const int64_t groups = call.attrs<ConvAttrs>().group, filters = w.dims[0] / groups, channels = w.dims[1];
  const int64_t taps = w.dims.Product(2, w.dims.rank()), k = taps * channels;
  const Panels panels = Panels::Of(filters, BestTileKernels());
  HASTEN_ASSIGN(*packed, NewTensor(DType::kF32, {groups, panels.floats(k)}));
  std::vector<int64_t> rows(static_cast<size_t>(k));
  for (int64_t g = 0; g < groups; ++g)
    PackFilters(panels, w.as<float>() + g * filters * k, channels, taps, rows,
                packed->as<float>() + g * panels.floats(k));
  return {};
}

Type PackedConvType(const PlanCall& call, int) {
  if (!call.constant(1)) return Type::Unknown();
  const Dims& w = call.constant(1)->dims;
  const int64_t groups = call.attrs<ConvAttrs>().group;
  const Panels panels = Panels::Of(w[0] / groups, BestTileKernels());
  return Type::Tensor(DType::kF32, Dims{groups, panels.floats(w.Product(1, w.rank()))});
}

}  // namespace hasten::cpu
