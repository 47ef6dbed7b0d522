// Depthwise convolution: each channel has a filter of its own, so vectors run along the channels.

#include "kernels/cpu/conv_geometry.h"
#include "kernels/cpu/depthwise_row.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr int64_t kPadding = 16;  // weights of a tap are a multiple of it

struct Bound {
  ConvGeometry geometry;
  BoundEpilogue epilogue;
  bool long_runs = false;  // the program may run over many rows as over one
  int64_t rows = 0, rows_per_chunk = 1;
};

bool Supports(const PlanCall& call) {
  if (!ConvSupported(call) || call.constant(1)->dims.rank() > 4) return false;
  const Dims& w = call.constant(1)->dims;
  return w[1] == 1 && w[0] == call.attrs<ConvAttrs>().group;
}

Status Pack(const PlanCall& call, int, Tensor* packed) {
  HASTEN_ASSIGN(const Tensor w, Clone(*call.constant(1)));  // a mapped weight may lie anywhere
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
  b.long_runs = true;
  for (int i = 0; i < b.epilogue.count; ++i) {
    const BoundEpilogue::Operand& o = b.epilogue.operands[static_cast<size_t>(i)];
    b.long_runs &= o.as_output || (o.every_row && o.column_step == 0);
  }
  const ConvGeometry& g = b.geometry;
  if (y.elements() > 0) {
    b.rows = g.batch * g.axes[1].out;
    const int64_t work = g.axes[2].out * g.groups * g.taps();
    b.rows_per_chunk = std::clamp<int64_t>((int64_t{1} << 18) / work, 1, b.rows);
  }
  binding->phases = {(b.rows + b.rows_per_chunk - 1) / b.rows_per_chunk};
  KeepBound(b, binding);
  return {};
}

// The program over output rows [first, last) of [image, height].
void Finish(const Bound& b, const KernelCall& c, int64_t first, int64_t last) {
  const int64_t pixels = b.geometry.axes[2].out;
  float* y = c.output(0).as<float>();
  if (!b.long_runs) return ApplyEpilogue(b.epilogue, c, y, first * pixels, last * pixels, 0, b.epilogue.columns);
  const int64_t at = first * pixels * b.epilogue.columns, n = (last - first) * pixels * b.epilogue.columns;
  std::array<PointwiseOperand, kMaxEpilogueOperands + 1> operands;
  operands[0] = {y + at, 1};
  const auto count = static_cast<size_t>(b.epilogue.count);
  for (size_t i = 0; i < count; ++i) {
    const auto* data = c.epilogue_operands[i]->tensor().as<float>();
    const bool full = b.epilogue.operands[i].as_output;
    operands[i + 1] = {full ? data + at : data, full ? 1 : 0};
  }
  RunPointwise(*c.epilogue, n, std::span(operands).first(count + 1), y + at);
}

Status Run(KernelCall& c) {
  const Bound& b = *reinterpret_cast<const Bound*>(c.bound);
  const ConvGeometry& g = b.geometry;
  DepthwiseRow r{.height = g.axes[1], .width = g.axes[2], .channels = g.groups};
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
    r.x = c.input(0).as<float>() + row / r.height.out * image_size;
    r.y = c.output(0).as<float>() + row * row_size;
    r.residual = tail.residual ? tail.residual + row * row_size : nullptr;
    ComputeDepthwiseRow(r, row % r.height.out);
    if (!b.epilogue.tail_only) Finish(b, c, row, row + 1);
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
