// Convolution without a copy of the input: each tile of output pixels reads its taps through pointers.  Weights known
// at plan time are packed then; others in a phase of their own.
#include "kernels/cpu/conv_geometry.h"
#include "kernels/cpu/conv_taps.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr int64_t kMostChannels = 1 << 14;
alignas(64) const float kZeros[kMostChannels] = {};  // what a tap outside the input reads

struct Bound {
  bool packs = false;  // phase 0 packs the weights of a group into the workspace
  ConvGeometry geometry;
  Panels panels;
  ChunkGrid grid;
  BoundEpilogue epilogue;
  int64_t group_floats() const { return panels.floats(geometry.taps() * geometry.channels); }
};

bool Supports(const PlanCall& call) {
  return ConvSupportedWithAnyWeight(call) && call.in[1].shape[1].value() <= kMostChannels;
}

// Filters fill whole vectors, and every tile of the output costs a few steps besides its sums.
double Share(const PlanCall& call) {
  const Dims w = *call.in[1].shape.Concrete();
  const auto filters = static_cast<double>(w[0] / call.attrs<ConvAttrs>().group);
  const auto inner = static_cast<double>(w.Product(1, w.rank()));
  return filters / (std::ceil(filters / 8) * 8) * inner / (inner + 16);
}

Status Bind(const BoundShapes& s, Binding* binding) {
  Bound b;
  b.packs = !IsConstantWeight(s.params);
  const Dims y = *s.out[0].shape.Concrete();
  b.geometry = GeometryOf(s.attrs<ConvAttrs>(), *s.in[0].shape.Concrete(), WeightDims(s.params), y);
  const TileKernels& kernels = BestTileKernels();
  b.panels = Panels::Of(b.geometry.filters, kernels);
  b.grid = ChunkGrid::Of(b.geometry.rows(), b.panels, b.geometry.taps() * b.geometry.channels, kernels.rows);
  b.epilogue = BindEpilogue(s.epilogue, s.epilogue_in, y, Layout::kChannelsLast);
  const bool bias = s.in.size() > 2 && s.in[2].known();
  if (bias && b.epilogue.bias >= 0) b.epilogue.tail_only = false;
  binding->phases = {y.elements() == 0 ? 0 : b.grid.chunks() * b.geometry.groups};
  if (b.packs) {
    binding->phases.insert(binding->phases.begin(), y.elements() == 0 ? 0 : b.geometry.groups);
    binding->workspace_bytes = static_cast<size_t>(b.geometry.groups * b.group_floats()) * sizeof(float);
  }
  KeepBound(b, binding);
  return {};
}

Status PackGroup(const Bound& b, const KernelCall& c) {
  const int64_t taps = b.geometry.taps(), channels = b.geometry.channels;
  HASTEN_ASSIGN(const auto rows, c.Scratch<int64_t>(taps * channels));
  PackFilters(b.panels, c.input(1).as<float>() + c.chunk * b.geometry.filters * taps * channels, channels, taps, rows,
              reinterpret_cast<float*>(c.workspace) + c.chunk * b.group_floats());
  return {};
}

// Tile after tile: [taps][rows of the tile].
void FillPointers(const ConvTaps& tap, PixelCursor pixel, const RowTiles& tiles, int64_t taps,
                  std::span<const float*> out) {
  if (tap.one()) return tap.Points(pixel, out);
  for (int64_t t = 0; t < tiles.count; ++t)
    for (int64_t r = 0; r < tiles.size(t); ++r, pixel.Next())
      tap.Point(pixel, tiles.size(t), out.data() + tiles.start(t) * taps + r);
}

Status Run(KernelCall& c) {
  const Bound& b = *reinterpret_cast<const Bound*>(c.bound);
  if (b.packs && c.phase == 0) return PackGroup(b, c);
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
  block.b = (b.packs ? reinterpret_cast<const float*>(c.workspace) : c.input(1).as<float>()) + group * b.group_floats();
  block.segments = taps;
  block.length = g.channels;
  block.tiles = RowTiles::Of(last - first, kernels.rows);
  HASTEN_ASSIGN(const auto pointers, c.Scratch<const float*>((last - first) * taps));
  FillPointers(ConvTaps(g, c.input(0).as<float>(), group, g.channels, kZeros), PixelCursor(g, first), block.tiles, taps,
               pointers);
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
