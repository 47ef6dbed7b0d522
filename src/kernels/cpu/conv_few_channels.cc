// Convolution of inputs with few channels (pictures): the input, plain, is copied once into channels-last order with a
// halo of zeros, so that a whole row of the window is one run of K.

#include "kernels/cpu/conv_geometry.h"
#include "kernels/cpu/transpose_block.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr int64_t kMostChannels = 16;

struct Bound {
  ConvGeometry geometry;
  Panels panels;
  ChunkGrid grid;
  BoundEpilogue epilogue;
  std::array<int64_t, 3> size;  // of the copy: depth, height, width
};

bool Supports(const PlanCall& call) {
  if (!ConvSupported(call)) return false;
  const auto& a = call.attrs<ConvAttrs>();
  const Dims& w = call.constant(1)->dims;
  return a.group == 1 && w[1] <= kMostChannels && EntryOr(a.dilations, w.rank() - 3, 1) == 1;
}

Status Bind(const BoundShapes& s, Binding* binding) {
  Bound b;
  const Dims y = *s.out[0].shape.Concrete();
  ConvGeometry& g = b.geometry;
  g = GeometryOf(s.attrs<ConvAttrs>(), *s.in[0].shape.Concrete(), WeightDims(s.params), y);
  const TileKernels& kernels = BestTileKernels();
  b.panels = Panels::Of(g.filters, kernels);
  b.grid = ChunkGrid::Of(g.rows(), b.panels, g.taps() * g.channels, kernels.rows);
  b.epilogue = BindEpilogue(s.epilogue, s.epilogue_in, y, Layout::kChannelsLast);
  if (s.in.size() > 2 && s.in[2].known() && b.epilogue.bias >= 0) b.epilogue.tail_only = false;
  for (size_t i = 0; i < 3; ++i) {
    const WindowAxis& axis = g.axes[i];
    b.size[i] = std::max(axis.in + axis.pad_begin + axis.pad_end,
                         (axis.out - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1);
  }
  const int64_t lines = g.batch * b.size[0] * b.size[1];
  binding->phases = {lines, y.elements() == 0 ? 0 : b.grid.chunks()};
  if (y.elements() == 0) binding->phases = {0};
  binding->workspace_bytes = static_cast<size_t>(lines * b.size[2] * g.channels) * sizeof(float);
  KeepBound(b, binding);
  return {};
}

// One line of the copy.
void CopyLine(const Bound& b, int64_t line, const float* x, float* to) {
  const ConvGeometry& g = b.geometry;
  const WindowAxis &d = g.axes[0], &h = g.axes[1], &w = g.axes[2];
  const int64_t channels = g.channels, width = b.size[2] * channels;
  const int64_t ih = line % b.size[1] - h.pad_begin, id = line / b.size[1] % b.size[0] - d.pad_begin;
  const int64_t n = line / b.size[1] / b.size[0];
  to += line * width;
  if (ih < 0 || ih >= h.in || id < 0 || id >= d.in) {
    std::fill(to, to + width, 0.0f);
    return;
  }
  std::fill(to, to + w.pad_begin * channels, 0.0f);
  std::fill(to + (w.pad_begin + w.in) * channels, to + width, 0.0f);
  const float* in = x + ((n * channels * d.in + id) * h.in + ih) * w.in;
  TransposeBlock(sizeof(float), reinterpret_cast<const std::byte*>(in), d.in * h.in * w.in, channels, w.in,
                 reinterpret_cast<std::byte*>(to + w.pad_begin * channels), channels);
}

// Pointers to the window's rows under `n` pixels from `p` on, which lie in one line; those of a pixel are `step` apart.
void PointAt(const Bound& b, const float* copy, const PixelCursor& p, int64_t n, int64_t step, const float** out) {
  const ConvGeometry& g = b.geometry;
  const WindowAxis &d = g.axes[0], &h = g.axes[1], &w = g.axes[2];
  const int64_t line_step = b.size[2] * g.channels, pixel_step = w.stride * g.channels;
  for (int64_t kd = 0; kd < d.kernel; ++kd) {
    const int64_t slice = p.image * b.size[0] + p.at[0] * d.stride + kd * d.dilation;
    const float* from = copy + (slice * b.size[1] + p.at[1] * h.stride) * line_step + p.at[2] * pixel_step;
    for (int64_t kh = 0; kh < h.kernel; ++kh, out += step, from += h.dilation * line_step)
      for (int64_t i = 0; i < n; ++i) out[i] = from + i * pixel_step;
  }
}

Status Multiply(KernelCall& c, const Bound& b) {
  const ConvGeometry& g = b.geometry;
  const int64_t row_block = c.chunk / b.grid.panel_blocks, panel_block = c.chunk % b.grid.panel_blocks;
  const int64_t first = b.grid.first_row(row_block), last = b.grid.first_row(row_block + 1);
  const TileKernels& kernels = BestTileKernels();
  BlockCall block;
  block.kernels = &kernels;
  block.panels = b.panels;
  block.first_panel = b.grid.first_panel(panel_block);
  block.last_panel = b.grid.first_panel(panel_block + 1);
  block.b = c.input(1).as<float>();
  block.segments = g.axes[0].kernel * g.axes[1].kernel;
  block.length = g.axes[2].kernel * g.channels;
  block.tiles = RowTiles::Of(last - first, kernels.rows);
  HASTEN_ASSIGN(const auto pointers, c.Scratch<const float*>((last - first) * block.segments));
  const auto* copy = reinterpret_cast<const float*>(c.workspace);
  PixelCursor pixel(g, first);
  for (int64_t t = 0; t < block.tiles.count; ++t) {
    const float** to = pointers.data() + block.tiles.start(t) * block.segments;
    for (int64_t r = 0, n; r < block.tiles.size(t); r += n, pixel.Skip(n)) {
      n = std::min(block.tiles.size(t) - r, pixel.left());
      PointAt(b, copy, pixel, n, block.tiles.size(t), to + r);
    }
  }
  block.a = pointers.data();
  float* y = c.output(0).as<float>();
  block.c = y + first * g.filters;
  block.c_step = g.filters;
  SetTail(b.epilogue, c, &block.tail);
  if (c.has(2)) block.tail.bias = c.input(2).as<float>();
  if (block.tail.residual) block.tail.residual += first * g.filters;
  block.tail.residual_step = g.filters;
  MultiplyBlock(block);
  if (!b.epilogue.tail_only)
    ApplyEpilogue(b.epilogue, c, y, first, last, b.panels.start(block.first_panel),
                  std::min(g.filters, b.panels.start(block.last_panel)));
  return {};
}

Status Run(KernelCall& c) {
  const Bound& b = *reinterpret_cast<const Bound*>(c.bound);
  if (c.phase == 1) return Multiply(c, b);
  CopyLine(b, c.chunk, c.input(0).as<float>(), reinterpret_cast<float*>(c.workspace));
  return {};
}

constexpr std::string_view kOps[] = {"Conv"};

}  // namespace

extern const Tactic kConvFewChannels = {
    .name = "conv_few_channels",
    .ops = kOps,
    .supports = Supports,
    .bound = 16,
    .numerics = Numerics::kReassociated,
    .fuses_epilogue = true,
    .layouts = Layouts::kChannelsLast,
    .layout_inputs = 0,
    .speed = 50,
    .packs = 1u << 1,
    .pack = PackConv,
    .packed_type = PackedConvType,
    .prepare = PrepareConv,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
