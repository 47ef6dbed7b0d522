// Depthwise convolution: each channel has a filter of its own, so vectors run along the channels.  Weights known at
// plan time are packed then; others in a phase of their own.
#include "kernels/cpu/conv_geometry.h"
#include "kernels/cpu/depthwise_row.h"
#include "tensor/alignment.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr int64_t kPadding = 16;  // weights of a tap are a multiple of it

// Phases: weights that were not packed, channels that have several filters, rows.
struct Bound {
  bool packs = false;
  int64_t weight_step = 0;
  ConvGeometry geometry;
  BoundEpilogue epilogue;
  int64_t rows = 0, rows_per_chunk = 1;
  int64_t packed_floats() const { return packs ? geometry.taps() * weight_step : 0; }
};

bool Supports(const PlanCall& call) {
  if (!ConvSupportedWithAnyWeight(call)) return false;
  const Shape& w = call.in[1].shape;
  return w.rank() <= 4 && w[1].is(1);
}

int64_t WeightStep(int64_t channels) { return (channels + kPadding - 1) / kPadding * kPadding; }

// [taps, WeightStep(channels)] of w [channels, 1, taps].
void PackTaps(const float* w, int64_t channels, int64_t taps, float* to) {
  const int64_t step = WeightStep(channels);
  for (int64_t t = 0; t < taps; ++t) {
    for (int64_t c = 0; c < channels; ++c) to[t * step + c] = w[c * taps + t];
    std::fill(to + t * step + channels, to + (t + 1) * step, 0.0f);
  }
}

Status Pack(const PlanCall& call, int, Tensor* packed) {
  HASTEN_ASSIGN(const Tensor w, Aligned(*call.constant(1)));
  const int64_t channels = w.dims[0], taps = w.dims.Product(1, w.dims.rank());
  HASTEN_ASSIGN(*packed, NewTensor(DType::kF32, {taps, WeightStep(channels)}));
  PackTaps(w.as<float>(), channels, taps, packed->as<float>());
  return {};
}

Type PackedType(const PlanCall& call, int) {
  if (!call.constant(1)) return Type::Unknown();
  const Dims& w = call.constant(1)->dims;
  return Type::Tensor(DType::kF32, Dims{w.Product(1, w.rank()), WeightStep(w[0])});
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
  b.packs = !IsConstantWeight(s.params);
  b.weight_step = WeightStep(g.groups * g.filters);
  binding->phases.clear();
  if (b.packs) binding->phases.push_back(1);
  if (g.filters > 1) binding->phases.push_back(b.rows == 0 ? 0 : g.batch * g.axes[1].in);
  binding->phases.push_back((b.rows + b.rows_per_chunk - 1) / b.rows_per_chunk);
  const int64_t repeated = g.filters > 1 ? g.batch * g.in_pixels() * g.groups * g.filters : 0;
  binding->workspace_bytes = static_cast<size_t>(b.packed_floats() + repeated) * sizeof(float);
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
  auto* workspace = reinterpret_cast<float*>(c.workspace);
  int phase = c.phase;
  if (b.packs && phase-- == 0) {
    PackTaps(c.input(1).as<float>(), g.groups * g.filters, g.taps(), workspace);
    return {};
  }
  if (g.filters > 1) {
    float* repeated = workspace + b.packed_floats();
    if (phase == 0) {
      Repeat(g, x, c.chunk, repeated);
      return {};
    }
    x = repeated;
  }
  DepthwiseRow r{.height = g.axes[1], .width = g.axes[2], .channels = g.groups * g.filters};
  r.weights = b.packs ? workspace : c.input(1).as<float>();
  r.weight_step = b.weight_step;
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
