// Convolution without a copy of the input: each tile of output pixels reads its taps through pointers.

#include "kernels/cpu/conv_geometry.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr int64_t kMostChannels = 1 << 14;
alignas(64) const float kZeros[kMostChannels] = {};  // what a tap outside the input reads

struct Bound {
  ConvGeometry geometry;
  Panels panels;
  ChunkGrid grid;
  BoundEpilogue epilogue;
};

bool Supports(const PlanCall& call) { return ConvSupported(call) && call.constant(1)->dims[1] <= kMostChannels; }

// Filters fill whole vectors, and every tile of the output costs a few steps besides its sums.
double Share(const PlanCall& call) {
  const Dims& w = call.constant(1)->dims;
  const auto filters = static_cast<double>(w[0] / call.attrs<ConvAttrs>().group);
  const auto inner = static_cast<double>(w.Product(1, w.rank()));
  return filters / (std::ceil(filters / 8) * 8) * inner / (inner + 16);
}

Status Bind(const BoundShapes& s, Binding* binding) {
  Bound b;
  const Dims y = *s.out[0].shape.Concrete();
  b.geometry = GeometryOf(s.attrs<ConvAttrs>(), *s.in[0].shape.Concrete(), WeightDims(s.params), y);
  const TileKernels& kernels = BestTileKernels();
  b.panels = Panels::Of(b.geometry.filters, kernels);
  b.grid = ChunkGrid::Of(b.geometry.rows(), b.panels, b.geometry.taps() * b.geometry.channels, kernels.rows);
  b.epilogue = BindEpilogue(s.epilogue, s.epilogue_in, y, Layout::kChannelsLast);
  const bool bias = s.in.size() > 2 && s.in[2].known();
  if (bias && b.epilogue.bias >= 0) b.epilogue.tail_only = false;
  binding->phases = {y.elements() == 0 ? 0 : b.grid.chunks() * b.geometry.groups};
  KeepBound(b, binding);
  return {};
}

// Pointers to the taps of output pixels.
class Taps {
 public:
  Taps(const ConvGeometry& g, const float* x, int64_t group)
      : g_(g), pixel_(g.groups * g.channels), x_(x + group * g.channels) {
    for (const WindowAxis& a : g.axes) one_ &= a.kernel == 1 && a.pad_begin == 0 && (a.out - 1) * a.stride < a.in;
  }

  // Those of one pixel, `step` apart.
  void Point(const PixelCursor& p, int64_t step, const float** out) const {
    const WindowAxis &d = g_.axes[0], &h = g_.axes[1], &w = g_.axes[2];
    const float* image = x_ + p.image * g_.in_pixels() * pixel_;
    if (one_) {
      *out = image + ((p.at[0] * d.stride * h.in + p.at[1] * h.stride) * w.in + p.at[2] * w.stride) * pixel_;
      return;
    }
    int64_t low[3];
    for (size_t i = 0; i < 3; ++i) low[i] = p.at[i] * g_.axes[i].stride - g_.axes[i].pad_begin;
    for (int64_t kd = 0; kd < d.kernel; ++kd) {
      const int64_t id = low[0] + kd * d.dilation;
      for (int64_t kh = 0; kh < h.kernel; ++kh) {
        const int64_t ih = low[1] + kh * h.dilation;
        const bool inside = Inside(id, d.in) && Inside(ih, h.in);
        const float* line = image + (id * h.in + ih) * w.in * pixel_;
        for (int64_t kw = 0; kw < w.kernel; ++kw, out += step) {
          const int64_t iw = low[2] + kw * w.dilation;
          *out = inside && Inside(iw, w.in) ? line + iw * pixel_ : kZeros;
        }
      }
    }
  }

 private:
  static bool Inside(int64_t i, int64_t size) { return static_cast<uint64_t>(i) < static_cast<uint64_t>(size); }
  const ConvGeometry& g_;
  const int64_t pixel_;
  const float* x_;
  bool one_ = true;  // one tap, always inside
};

Status Run(KernelCall& c) {
  const Bound& b = *reinterpret_cast<const Bound*>(c.bound);
  const ConvGeometry& g = b.geometry;
  const int64_t group = c.chunk / b.grid.chunks(), chunk = c.chunk % b.grid.chunks();
  const int64_t row_block = chunk / b.grid.panel_blocks, panel_block = chunk % b.grid.panel_blocks;
  const int64_t first = b.grid.first_row(row_block), last = b.grid.first_row(row_block + 1);
  const int64_t taps = g.taps(), columns = g.groups * g.filters, column = group * g.filters;
  const TileKernels& kernels = BestTileKernels();
  BlockCall block;
  block.kernels = &kernels;
  block.panels = b.panels;
  block.first_panel = b.grid.first_panel(panel_block);
  block.last_panel = b.grid.first_panel(panel_block + 1);
  block.b = c.input(1).as<float>() + group * b.panels.floats(taps * g.channels);
  block.segments = taps;
  block.length = g.channels;
  block.tiles = RowTiles::Of(last - first, kernels.rows);
  HASTEN_ASSIGN(const auto pointers, c.Scratch<const float*>((last - first) * taps));
  const Taps point(g, c.input(0).as<float>(), group);
  PixelCursor pixel(g, first);
  for (int64_t t = 0; t < block.tiles.count; ++t)
    for (int64_t r = 0; r < block.tiles.size(t); ++r, pixel.Next())
      point.Point(pixel, block.tiles.size(t), pointers.data() + block.tiles.start(t) * taps + r);
  block.a = pointers.data();
  float* y = c.output(0).as<float>();
  block.c = y + first * columns + column;
  block.c_step = columns;
  SetTail(b.epilogue, c, &block.tail);
  if (c.has(2)) block.tail.bias = c.input(2).as<float>();
  if (block.tail.bias) block.tail.bias += column;
  if (block.tail.residual) block.tail.residual += first * columns + column;
  block.tail.residual_step = columns;
  MultiplyBlock(block);
  if (!b.epilogue.tail_only)
    ApplyEpilogue(b.epilogue, c, y, first, last, column + b.panels.start(block.first_panel),
                  column + std::min(g.filters, b.panels.start(block.last_panel)));
  return {};
}

constexpr std::string_view kOps[] = {"Conv"};

}  // namespace

extern const Tactic kConvDirect = {
    .name = "conv_direct",
    .ops = kOps,
    .supports = Supports,
    .bound = 16,
    .numerics = Numerics::kReassociated,
    .fuses_epilogue = true,
    .layouts = Layouts::kChannelsLast,
    .speed = 60,
    .share = Share,
    .packs = 1u << 1,
    .pack = PackConv,
    .packed_type = PackedConvType,
    .prepare = PrepareConv,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
