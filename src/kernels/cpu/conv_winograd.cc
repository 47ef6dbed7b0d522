// 3x3 convolution with stride 1 by Winograd's F(4x4, 3x3): 2.25 times fewer multiplications per dimension pair, a
// quarter in all, for sums in another order.

#include "kernels/cpu/conv_geometry.h"
#include "kernels/cpu/winograd_transform.h"
#include "tensor/alignment.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

struct Bound {
  ConvGeometry geometry;
  Panels panels;
  BoundEpilogue epilogue;
  int64_t tile_rows, tile_columns, tiles;  // of one image; of all
  int64_t channel_step;                    // channels in whole vectors
  int64_t block;                           // tiles of a block
  int64_t panel_blocks;                    // above 1: inputs are transformed in a phase of their own
  int64_t blocks() const { return (tiles + block - 1) / block; }
  int64_t block_floats() const { return kWinogradPoints * block * channel_step; }
};

bool AllAre(const std::vector<int64_t>& v, int64_t value) {
  return std::all_of(v.begin(), v.end(), [value](int64_t i) { return i == value; });
}

bool Supports(const PlanCall& call) {
  if (!ConvSupported(call)) return false;
  const auto& a = call.attrs<ConvAttrs>();
  const Dims& w = call.constant(1)->dims;
  return w.rank() == 4 && w[2] == 3 && w[3] == 3 && a.group == 1 && AllAre(a.strides, 1) && AllAre(a.dilations, 1) &&
         w[1] >= 8 && w[0] >= 8;
}

// Transforms take additions for each channel and each filter.
double Share(const PlanCall& call) {
  const Dims& w = call.constant(1)->dims;
  const auto filters = static_cast<double>(w[0]), channels = static_cast<double>(w[1]);
  return filters * channels / (filters * channels + 16 * (filters + channels));
}

// [points, floats of one packed matrix].
Status Pack(const PlanCall& call, int, Tensor* packed) {
  HASTEN_ASSIGN(const Tensor w, Aligned(*call.constant(1)));
  const int64_t filters = w.dims[0], channels = w.dims[1];
  const Panels panels = Panels::Of(filters, BestTileKernels());
  const int64_t point_step = panels.floats(channels);
  HASTEN_ASSIGN(*packed, NewTensor(DType::kF32, {kWinogradPoints, point_step}));
  for (int64_t p = 0; p < panels.count; ++p) {
    const int64_t width = panels.vectors(p) * panels.lanes, valid = panels.valid(p), start = panels.start(p);
    float* to = packed->as<float>() + start * channels;
    for (int64_t c = 0; c < channels; ++c, to += width) {
      TransformFilters(w.as<float>() + (start * channels + c) * 9, channels * 9, valid, to, point_step);
      for (int point = 0; point < kWinogradPoints; ++point)
        std::fill(to + point * point_step + valid, to + point * point_step + width, 0.0f);
    }
  }
  return {};
}

Type PackedType(const PlanCall& call, int) {
  const Dims& w = call.constant(1)->dims;
  return Type::Tensor(DType::kF32, Dims{kWinogradPoints, Panels::Of(w[0], BestTileKernels()).floats(w[1])});
}

Status Bind(const BoundShapes& s, Binding* binding) {
  constexpr int64_t kBlockFloats = 96 << 10, kLeastChunks = 8;
  Bound b;
  const Dims y = *s.out[0].shape.Concrete();
  b.geometry = GeometryOf(s.attrs<ConvAttrs>(), *s.in[0].shape.Concrete(), WeightDims(s.params), y);
  const TileKernels& kernels = BestTileKernels();
  b.panels = Panels::Of(b.geometry.filters, kernels);
  b.epilogue = BindEpilogue(s.epilogue, s.epilogue_in, y, Layout::kChannelsLast);
  if (s.in.size() > 2 && s.in[2].known() && b.epilogue.bias >= 0) b.epilogue.tail_only = false;
  b.tile_rows = (b.geometry.axes[1].out + kWinogradOut - 1) / kWinogradOut;
  b.tile_columns = (b.geometry.axes[2].out + kWinogradOut - 1) / kWinogradOut;
  b.tiles = b.geometry.batch * b.tile_rows * b.tile_columns;
  b.channel_step = (b.geometry.channels + kernels.lanes - 1) / kernels.lanes * kernels.lanes;
  const int64_t most = std::max<int64_t>(kernels.rows, kBlockFloats / (kWinogradPoints * b.channel_step));
  const int64_t blocks = std::max<int64_t>(1, (b.tiles + most - 1) / most);
  b.block = std::max<int64_t>(1, (b.tiles + blocks - 1) / blocks);
  b.panel_blocks = 1;
  if (b.tiles == 0 || y.elements() == 0) {
    binding->phases = {0};
  } else if (b.blocks() >= kLeastChunks) {
    binding->phases = {b.blocks()};
  } else {
    b.panel_blocks =
        std::clamp<int64_t>((2 * kLeastChunks + b.blocks() - 1) / b.blocks(), 2, std::max<int64_t>(2, b.panels.count));
    binding->phases = {b.tiles, b.blocks() * b.panel_blocks};
    binding->workspace_bytes = static_cast<size_t>(b.blocks() * b.block_floats()) * sizeof(float);
  }
  KeepBound(b, binding);
  return {};
}

struct TilePlace {
  int64_t image, row, column;  // of its first output
};
TilePlace PlaceOf(const Bound& b, int64_t tile) {
  return {tile / (b.tile_rows * b.tile_columns), tile / b.tile_columns % b.tile_rows * kWinogradOut,
          tile % b.tile_columns * kWinogradOut};
}

// Tile `tile` as row `row` of the block at `to`.
void TransformTile(const KernelCall& c, const Bound& b, int64_t tile, int64_t row, float* to) {
  const ConvGeometry& g = b.geometry;
  const WindowAxis &h = g.axes[1], &w = g.axes[2];
  const TilePlace at = PlaceOf(b, tile);
  const int64_t top = at.row - h.pad_begin, left = at.column - w.pad_begin;
  WinogradInput t;
  t.x = c.input(0).as<float>() + ((at.image * h.in + top) * w.in + left) * g.channels;
  t.width = w.in;
  t.step = t.channels = g.channels;
  t.first_row = static_cast<int>(std::clamp<int64_t>(-top, 0, 6));
  t.last_row = static_cast<int>(std::clamp<int64_t>(h.in - top, 0, 6));
  t.first_column = static_cast<int>(std::clamp<int64_t>(-left, 0, 6));
  t.last_column = static_cast<int>(std::clamp<int64_t>(w.in - left, 0, 6));
  t.to = to + row * b.channel_step;
  t.point_step = b.block * b.channel_step;
  TransformInput(t);
}

// Products and output transform of one block for panels [first, last).
Status Multiply(const KernelCall& c, const Bound& b, int64_t block_index, const float* inputs, int64_t first,
                int64_t last) {
  constexpr int64_t kPanelsAtOnce = 4;
  const ConvGeometry& g = b.geometry;
  const int64_t begin = block_index * b.block, count = std::min(b.tiles - begin, b.block);
  const TileKernels& kernels = BestTileKernels();
  const int64_t width = kPanelsAtOnce * kernels.vectors * kernels.lanes;
  HASTEN_ASSIGN(const auto products, c.Scratch<float>(kWinogradPoints * count * width));
  HASTEN_ASSIGN(const auto rows, c.Scratch<const float*>(kWinogradPoints * count));
  for (int64_t p = 0; p < kWinogradPoints; ++p)
    for (int64_t t = 0; t < count; ++t)
      rows[static_cast<size_t>(p * count + t)] = inputs + (p * b.block + t) * b.channel_step;
  TileTail tail;
  SetTail(b.epilogue, c, &tail);
  if (c.has(2)) tail.bias = c.input(2).as<float>();
  float* y = c.output(0).as<float>();
  for (int64_t p = first; p < last; p += kPanelsAtOnce) {
    const int64_t start = b.panels.start(p), end = std::min(last, p + kPanelsAtOnce);
    for (int64_t point = 0; point < kWinogradPoints; ++point) {
      BlockCall block;
      block.kernels = &kernels;
      block.panels = b.panels;
      block.panels.columns = b.panels.start(b.panels.count);  // padding too: whole vectors
      block.first_panel = p;
      block.last_panel = end;
      block.b = c.input(1).as<float>() + point * b.panels.floats(g.channels);
      block.length = g.channels;
      block.tiles = RowTiles::Of(count, kernels.rows);
      block.a = rows.data() + point * count;
      block.c = products.data() + point * count * width - start;
      block.c_step = width;
      MultiplyBlock(block);
    }
    for (int64_t t = 0; t < count; ++t) {
      const TilePlace at = PlaceOf(b, begin + t);
      const WindowAxis &h = g.axes[1], &w = g.axes[2];
      const int64_t pixel = ((at.image * h.out + at.row) * w.out + at.column) * g.filters + start;
      TileTail part = tail;
      if (part.bias) part.bias += start;
      WinogradOutput o;
      o.m = products.data() + t * width;
      o.point_step = count * width;
      o.filters = std::min(g.filters, b.panels.start(end)) - start;
      o.y = y + pixel;
      o.width = w.out;
      o.step = g.filters;
      o.rows = static_cast<int>(std::min<int64_t>(kWinogradOut, h.out - at.row));
      o.columns = static_cast<int>(std::min<int64_t>(kWinogradOut, w.out - at.column));
      o.residual = tail.residual ? tail.residual + pixel : nullptr;
      o.tail = &part;
      TransformOutput(o);
      if (b.epilogue.tail_only) continue;
      for (int i = 0; i < o.rows; ++i) {
        const int64_t row = (at.image * h.out + at.row + i) * w.out + at.column;
        ApplyEpilogue(b.epilogue, c, y, row, row + o.columns, start, start + o.filters);
      }
    }
  }
  return {};
}

Status Run(KernelCall& c) {
  const Bound& b = *reinterpret_cast<const Bound*>(c.bound);
  auto* workspace = reinterpret_cast<float*>(c.workspace);
  if (b.panel_blocks > 1 && c.phase == 0) {
    TransformTile(c, b, c.chunk, c.chunk % b.block, workspace + c.chunk / b.block * b.block_floats());
    return {};
  }
  if (b.panel_blocks > 1) {
    const int64_t block = c.chunk / b.panel_blocks, part = c.chunk % b.panel_blocks;
    return Multiply(c, b, block, workspace + block * b.block_floats(), b.panels.count * part / b.panel_blocks,
                    b.panels.count * (part + 1) / b.panel_blocks);
  }
  HASTEN_ASSIGN(const auto inputs, c.Scratch<float>(b.block_floats()));
  const int64_t begin = c.chunk * b.block, end = std::min(b.tiles, begin + b.block);
  for (int64_t t = begin; t < end; ++t) TransformTile(c, b, t, t - begin, inputs.data());
  return Multiply(c, b, c.chunk, inputs.data(), 0, b.panels.count);
}

constexpr std::string_view kOps[] = {"Conv"};

}  // namespace

extern const Tactic kConvWinograd = {
    .name = "conv_winograd",
    .ops = kOps,
    .supports = Supports,
    .bound = 256,
    .numerics = Numerics::kWinograd,
    .fuses_epilogue = true,
    .layouts = Layouts::kChannelsLast,
    .speed = 120,
    .share = Share,
    .packs = 1u << 1,
    .pack = Pack,
    .packed_type = PackedType,
    .prepare = PrepareConv,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
