// Transposed convolution by output pixel: those of a line that share their offset within the stride read the same taps,
// and their inputs lie side by side, so that the micro-kernel computes them as one tile.

#include "kernels/cpu/conv_geometry.h"
#include "ops/conv_transpose.h"
#include "tensor/alignment.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr int64_t kMostChannels = 1 << 14;
alignas(64) const float kZeros[kMostChannels] = {};

struct Bound {
  // Of the convolution that this is the transpose of: `in` is y's size, `out` is x's.
  std::array<WindowAxis, 3> axes;
  int64_t batch, groups, channels, filters;  // of one group
  Panels panels;
  BoundEpilogue epilogue;
  int64_t lines, lines_per_chunk;
};

bool Supports(const PlanCall& call) {
  const Tensor* w = call.constant(1);
  if (!w || w->dtype != DType::kF32 || w->dims.rank() < 3 || w->dims.rank() > 5 || w->elements() == 0) return false;
  if (call.in[0].dtype != DType::kF32 || !call.in[0].shape.ranked()) return false;
  if (call.has(2) && call.in[2].dtype != DType::kF32) return false;
  return w->dims[0] / call.attrs<ConvTransposeAttrs>().group <= kMostChannels && EpilogueSupported(call);
}

Status Pack(const PlanCall& call, int, Tensor* packed) {
  HASTEN_ASSIGN(const Tensor w, Aligned(*call.constant(1)));
  const int64_t groups = call.attrs<ConvTransposeAttrs>().group, channels = w.dims[0] / groups, filters = w.dims[1];
  const int64_t taps = w.dims.Product(2, w.dims.rank()), k = taps * channels;
  const Panels panels = Panels::Of(filters, BestTileKernels());
  HASTEN_ASSIGN(*packed, NewTensor(DType::kF32, {groups, panels.floats(k)}));
  std::vector<int64_t> row(static_cast<size_t>(k));
  for (int64_t t = 0; t < taps; ++t)
    for (int64_t c = 0; c < channels; ++c) row[static_cast<size_t>(t * channels + c)] = c * filters * taps + t;
  for (int64_t g = 0; g < groups; ++g) {
    const PackSource source{w.as<float>() + g * channels * filters * taps, row, 0, taps};
    PackPanels(panels, source, k, 0, panels.count, packed->as<float>() + g * panels.floats(k));
  }
  return {};
}

Type PackedType(const PlanCall& call, int) {
  const Dims& w = call.constant(1)->dims;
  const int64_t groups = call.attrs<ConvTransposeAttrs>().group, k = w.Product(2, w.rank()) * (w[0] / groups);
  return Type::Tensor(DType::kF32, Dims{groups, Panels::Of(w[1], BestTileKernels()).floats(k)});
}

Status Bind(const BoundShapes& s, Binding* binding) {
  Bound b;
  const auto& a = s.attrs<ConvTransposeAttrs>();
  const Dims x = *s.in[0].shape.Concrete(), w = WeightDims(s.params), y = *s.out[0].shape.Concrete();
  const Window window = TransposedWindow(a, x, w, y);
  b.axes = {};
  for (int i = 0; i < window.rank; ++i)
    b.axes[static_cast<size_t>(3 - window.rank + i)] = window.axes[static_cast<size_t>(i)];
  b.batch = x[0];
  b.groups = a.group;
  b.channels = w[0] / a.group;
  b.filters = w[1];
  b.panels = Panels::Of(b.filters, BestTileKernels());
  b.epilogue = BindEpilogue(s.epilogue, s.epilogue_in, y, Layout::kChannelsLast);
  if (s.in.size() > 2 && s.in[2].known() && b.epilogue.bias >= 0) b.epilogue.tail_only = false;
  b.lines = b.batch * b.axes[0].in * b.axes[1].in;
  const double line_flops = 2.0 * static_cast<double>(y.elements() / std::max<int64_t>(1, b.lines)) *
                            static_cast<double>(w[0]) * static_cast<double>(w.Product(2, w.rank())) / a.group;
  b.lines_per_chunk = std::clamp<int64_t>(static_cast<int64_t>(1e6 / std::max(1.0, line_flops)), 1,
                                          std::max<int64_t>(1, (b.lines + 15) / 16));
  binding->phases = {y.elements() == 0 ? 0 : (b.lines + b.lines_per_chunk - 1) / b.lines_per_chunk};
  KeepBound(b, binding);
  return {};
}

// Input position that output `o` reads at tap `k`; -1 where it falls between strides or outside.
int64_t Source(const WindowAxis& axis, int64_t o, int64_t k) {
  const int64_t at = o + axis.pad_begin - k * axis.dilation;
  return at >= 0 && at % axis.stride == 0 && at / axis.stride < axis.out ? at / axis.stride : -1;
}

// One line of outputs of one group.
class Line {
 public:
  Line(const Bound& b, const KernelCall& c, int64_t line, int64_t group) : b_(b) {
    columns_ = b.groups * b.filters;
    const int64_t od = line / b.axes[1].in % b.axes[0].in, oh = line % b.axes[1].in;
    const int64_t n = line / b.axes[1].in / b.axes[0].in, pixel = b.groups * b.channels;
    x_ = c.input(0).as<float>() + n * b.axes[0].out * b.axes[1].out * b.axes[2].out * pixel + group * b.channels;
    od_ = od, oh_ = oh;
    weights_ = c.input(1).as<float>() +
               group * b.panels.floats(b.axes[0].kernel * b.axes[1].kernel * b.axes[2].kernel * b.channels);
    const int64_t at = line * b.axes[2].in * columns_ + group * b.filters;
    y_ = c.output(0).as<float>() + at;
    SetTail(b.epilogue, c, &tail_);
    if (c.has(2)) tail_.bias = c.input(2).as<float>();
    if (tail_.bias) tail_.bias += group * b.filters;
    if (tail_.residual) tail_.residual += at;
  }

  void Compute() {
    const WindowAxis& w = b_.axes[2];
    for (int64_t p = 0; p < b_.panels.count; ++p)
      for (int64_t phase = 0; phase < std::min(w.stride, w.in); ++phase) {
        const RowTiles tiles = RowTiles::Of((w.in - phase + w.stride - 1) / w.stride, BestTileKernels().rows);
        for (int64_t t = 0; t < tiles.count; ++t) Tile(p, phase + tiles.start(t) * w.stride, tiles.size(t));
      }
  }

 private:
  // `rows` outputs from `first`, a stride apart.
  void Tile(int64_t panel, int64_t first, int64_t rows) {
    const TileKernels& kernels = BestTileKernels();
    const WindowAxis &d = b_.axes[0], &h = b_.axes[1], &w = b_.axes[2];
    const int64_t start = b_.panels.start(panel), vectors = b_.panels.vectors(panel), width = vectors * b_.panels.lanes;
    const int64_t k = d.kernel * h.kernel * w.kernel * b_.channels, pixel = b_.groups * b_.channels;
    TileTail tail = tail_;
    if (tail.bias) tail.bias += start;
    if (tail.residual) tail.residual += first * columns_ + start;
    tail.residual_step = w.stride * columns_;
    const float* a[TileKernels::kMaxRows];
    TileCall call{.a = a, .c = y_ + first * columns_ + start, .c_step = w.stride * columns_};
    call.columns = b_.panels.valid(panel);
    for (int64_t kd = 0; kd < d.kernel; ++kd) {
      const int64_t id = Source(d, od_, kd);
      for (int64_t kh = 0; kh < h.kernel && id >= 0; ++kh) {
        const int64_t ih = Source(h, oh_, kh);
        for (int64_t kw = 0; kw < w.kernel && ih >= 0; ++kw) {
          if ((first + w.pad_begin - kw * w.dilation) % w.stride != 0) continue;
          bool any = false;
          for (int64_t r = 0; r < rows; ++r) {
            const int64_t iw = Source(w, first + r * w.stride, kw);
            any |= iw >= 0;
            a[r] = iw >= 0 ? x_ + ((id * h.out + ih) * w.out + iw) * pixel : kZeros;
          }
          if (!any) continue;
          call.length = b_.channels;
          call.b = weights_ + start * k + ((kd * h.kernel + kh) * w.kernel + kw) * b_.channels * width;
          kernels.tile[rows][vectors](call);
          call.accumulate = true;
        }
      }
    }
    call.length = 0;  // bias, residual and clamp, also where no tap reaches
    call.segments = 0;
    call.tail = &tail;
    kernels.tile[rows][vectors](call);
  }

  const Bound& b_;
  int64_t columns_, od_, oh_;
  const float *x_, *weights_;
  float* y_;
  TileTail tail_;
};

Status Run(KernelCall& c) {
  const Bound& b = *reinterpret_cast<const Bound*>(c.bound);
  const int64_t first = c.chunk * b.lines_per_chunk, last = std::min(b.lines, first + b.lines_per_chunk);
  for (int64_t line = first; line < last; ++line)
    for (int64_t g = 0; g < b.groups; ++g) Line(b, c, line, g).Compute();
  if (!b.epilogue.tail_only)
    ApplyEpilogue(b.epilogue, c, c.output(0).as<float>(), first * b.axes[2].in, last * b.axes[2].in, 0,
                  b.groups * b.filters);
  return {};
}

constexpr std::string_view kOps[] = {"ConvTranspose"};

}  // namespace

extern const Tactic kConvTransposeDirect = {
    .name = "conv_transpose_direct",
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
