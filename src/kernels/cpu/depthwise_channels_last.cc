// Depthwise convolution: each channel has a filter of its own, so vectors run along the channels.

#include "kernels/cpu/conv_geometry.h"
#include "kernels/cpu/depthwise_row.h"
#include "tensor/alignment.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr int64_t kPadding = 16;  // weights of a tap are a multiple of it

struct Bound {
  ConvGeometry geometry;
  BoundEpilogue epilogue;
  int64_t rows = 0, rows_per_chunk = 1;
};

bool Supports(const PlanCall& call) {
  if (!ConvSupported(call) || call.constant(1)->dims.rank() > 4) return false;
  const Dims& w = call.constant(1)->dims;
  return w[1] == 1;
}

Status Pack(const PlanCall& call, int, Tensor* packed) {
  HASTEN_ASSIGN(const Tensor w, Aligned(*call.constant(1)));
  const int64_t channels = w.dims[0], taps = w.dims.Product(1, w.dims.rank());
  const int64_t step = (channels + kPadding - 1) / kPadding * kPadding;
  HASTEN_ASSIGN(*packed, NewTensor(DType::kF32, {taps, step}));
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t t = 0; t < taps; ++t) packed->as<float>()[t * step + c] = w.as<float>()[c * taps + t];
  return {};
}

Type PackedType(const PlanCall& call, int) {
  const Dims& w = call.constant(1)->dims;
  return Type::Tensor(DType::kF32, Dims{w.Product(1, w.rank()), (w[0] + kPadding - 1) / kPadding * kPadding});
}

Status Bind(const BoundShapes& s, Binding* binding) {
  Bound b;
  const Dims y = *s.out[0].shape.Concrete();
  b.geometry = GeometryOf(s.attrs<ConvAttrs>(), *s.in[0].shape.Concrete(), WeightDims(s.params), y);
  b.epilogue = BindEpilogue(s.epilogue, s.epilogue_in, y, Layout::kChannelsLast);
  if (s.in.size() > 2 && s.in[2].known() && b.epilogue.bias >= 0) b.epilogue.tail_only = false;
  const ConvGeometry& g = b.geometry;
  if (y.elements() > 0) {
    b.rows = g.batch * g.axes[1].out;
    const int64_t work = g.axes[2].out * g.groups * g.filters * g.taps();
    b.rows_per_chunk = std::clamp<int64_t>((int64_t{1} << 18) / work, 1, b.rows);
  }
  binding->phases = {(b.rows + b.rows_per_chunk - 1) / b.rows_per_chunk};
  if (g.filters > 1) {
    binding->phases.insert(binding->phases.begin(), b.rows == 0 ? 0 : g.batch * g.axes[1].in);
    binding->workspace_bytes = static_cast<size_t>(g.batch * g.in_pixels() * g.groups * g.filters) * sizeof(float);
  }
  KeepBound(b, binding);
  return {};
}

// Each channel of line `line` of the input as often as it has filters, one after another.
void Repeat(const ConvGeometry& g, const float* x, int64_t line, float* to) {
  const int64_t n = g.axes[2].in * g.groups;
  x += line * n;
  to += line * n * g.filters;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t k = 0; k < g.filters; ++k) *to++ = x[i];
}

Status Run(KernelCall& c) {
  const Bound& b = *reinterpret_cast<const Bound*>(c.bound);
  const ConvGeometry& g = b.geometry;
  const float* x = c.input(0).as<float>();
  if (g.filters > 1) {
    auto* repeated = reinterpret_cast<float*>(c.workspace);
    if (c.phase == 0) {
      Repeat(g, x, c.chunk, repeated);
      return {};
    }
    x = repeated;
  }
  DepthwiseRow r{.height = g.axes[1], .width = g.axes[2], .channels = g.groups * g.filters};
  r.weights = c.input(1).as<float>();
  r.weight_step = c.input(1).dims[1];
  TileTail tail;
  SetTail(b.epilogue, c, &tail);
  r.bias = c.has(2) ? c.input(2).as<float>() : tail.bias;
  r.low = tail.low;
  r.high = tail.high;
  const int64_t first = c.chunk * b.rows_per_chunk, last = std::min(first + b.rows_per_chunk, b.rows);
  const int64_t row_size = r.width.out * r.channels, image_size = r.height.in * r.width.in * r.channels;
  for (int64_t row = first; row < last; ++row) {
    r.x = x + row / r.height.out * image_size;
    r.y = c.output(0).as<float>() + row * row_size;
    r.residual = tail.residual ? tail.residual + row * row_size : nullptr;
    ComputeDepthwiseRow(r, row % r.height.out);
    if (!b.epilogue.tail_only)
      ApplyEpilogue(b.epilogue, c, c.output(0).as<float>(), row * r.width.out, (row + 1) * r.width.out, 0, r.channels);
  }
  return {};
}

constexpr std::string_view kOps[] = {"Conv"};

}  // namespace

extern const Tactic kDepthwiseChannelsLast = {
    .name = "depthwise_channels_last",
    .ops = kOps,
    .supports = Supports,
    .bound = 16,
    .numerics = Numerics::kReassociated,
    .fuses_epilogue = true,
    .layouts = Layouts::kChannelsLast,
    .speed = 40,
    .packs = 1u << 1,
    .pack = Pack,
    .packed_type = PackedType,
    .prepare = PrepareConv,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
