// Convolution of 8-bit integers: the input is widened once, taps are read through pointers.
#include <cstring>

#include "kernels/cpu/conv_taps.h"
#include "kernels/cpu/int_conv.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr int64_t kMostChannels = 1 << 14;
alignas(64) const int16_t kZeros[kMostChannels + 2] = {};  // what a tap outside the input reads

struct Bound {
  ConvGeometry geometry;
  IntConvParams params;
  Panels panels;
  ChunkGrid grid;
  IntTables tables;
  int64_t widened_rows = 0, rows_per_chunk = 1;  // of one group's channels
  int64_t group_channels() const { return 2 * PairsOf(geometry.channels); }
};

bool Supports(const PlanCall& call) {
  return IntConvSupported(call) && call.constant(static_cast<size_t>(IntConvOf(call).b))->dims[1] <= kMostChannels;
}

Status Pack(const PlanCall& call, int input, Tensor* packed) {
  const IntRoles roles = IntConvOf(call);
  if (input != roles.b) return {};
  const Tensor& w = *call.constant(static_cast<size_t>(roles.b));
  const int64_t groups = call.attrs<ConvAttrs>().group, filters = w.dims[0] / groups, channels = w.dims[1];
  const int64_t taps = w.dims.Product(2, w.dims.rank()), k = taps * channels;
  const Panels panels = Panels::Of(filters, BestIntKernels().shape);
  const int64_t size = PackedInts(panels, taps, channels);
  HASTEN_ASSIGN(*packed, NewTensor(DType::kI16, {groups, size}));
  std::vector<int64_t> row(static_cast<size_t>(k));
  for (int64_t t = 0; t < taps; ++t)
    for (int64_t i = 0; i < channels; ++i) row[static_cast<size_t>(t * channels + i)] = i * taps + t;
  const std::vector<int32_t> zero = WeightZeros(call, roles);
  for (int64_t g = 0; g < groups; ++g) {
    std::span<const int32_t> zeros = zero;
    if (zeros.size() > 1) zeros = zeros.subspan(static_cast<size_t>(g * filters), static_cast<size_t>(filters));
    const IntSource source{Bytes::Of(w) + g * filters * k, row, 0, k, zeros};
    PackIntPanels(panels, source, taps, channels, 0, panels.count, packed->as<int16_t>() + g * size);
  }
  return {};
}

Type PackedType(const PlanCall& call, int input) {
  const IntRoles roles = IntConvOf(call);
  if (input != roles.b) return Type::Unknown();
  const Dims& w = call.constant(static_cast<size_t>(roles.b))->dims;
  const int64_t groups = call.attrs<ConvAttrs>().group;
  const Panels panels = Panels::Of(w[0] / groups, BestIntKernels().shape);
  return Type::Tensor(DType::kI16, Dims{groups, PackedInts(panels, w.Product(2, w.rank()), w[1])});
}

Status Bind(const BoundShapes& s, Binding* binding) {
  Bound b;
  std::memcpy(&b.params, s.params, sizeof b.params);
  const Dims x = *s.in[0].shape.Concrete(), y = *s.out[0].shape.Concrete();
  b.geometry = GeometryOf(s.attrs<ConvAttrs>(), x, WeightDims(&b.params.weight), y);
  const ConvGeometry& g = b.geometry;
  const IntKernels& kernels = BestIntKernels();
  b.panels = Panels::Of(g.filters, kernels.shape);
  b.grid = ChunkGrid::Of(g.rows(), b.panels, g.taps() * g.channels, kernels.shape.rows);
  b.tables = IntTables::Of(g.groups * g.filters);
  b.widened_rows = g.batch * g.in_pixels() * g.groups;
  b.rows_per_chunk = std::max<int64_t>(1, (64 << 10) / std::max<int64_t>(1, g.channels));
  const int64_t widening = (b.widened_rows + b.rows_per_chunk - 1) / b.rows_per_chunk;
  binding->phases = {0, 0};
  if (y.elements() > 0) binding->phases = {1 + widening, b.grid.chunks() * g.groups};
  binding->workspace_bytes =
      static_cast<size_t>(b.tables.bytes() + b.widened_rows * b.group_channels() * int64_t{sizeof(int16_t)} + 64);
  binding->data.resize(sizeof b);
  std::memcpy(binding->data.data(), &b, sizeof b);
  return {};
}

void PrepareOperands(KernelCall& c, const Bound& b, int16_t* widened) {
  const IntRoles& roles = b.params.roles;
  if (c.chunk == 0) {
    b.tables.Fill(c, roles, b.params.output, b.geometry.groups * b.geometry.filters, 1, c.workspace);
    return;
  }
  const int64_t first = (c.chunk - 1) * b.rows_per_chunk, last = std::min(first + b.rows_per_chunk, b.widened_rows);
  WidenRows(Bytes::Of(c.input(roles.a)) + first * b.geometry.channels, last - first, b.geometry.channels,
            ZeroOf(c, roles.a_zero), widened + first * b.group_channels());
}

Status Run(KernelCall& c) {
  const Bound& b = *reinterpret_cast<const Bound*>(c.bound);
  const ConvGeometry& g = b.geometry;
  auto* widened = reinterpret_cast<int16_t*>(c.workspace + b.tables.bytes());
  if (c.phase == 0) {
    PrepareOperands(c, b, widened);
    return {};
  }
  const int64_t group = c.chunk / b.grid.chunks(), chunk = c.chunk % b.grid.chunks();
  const int64_t row_block = chunk / b.grid.panel_blocks, panel_block = chunk % b.grid.panel_blocks;
  const int64_t first = b.grid.first_row(row_block), last = b.grid.first_row(row_block + 1), taps = g.taps();
  IntBlock block;
  block.panels = b.panels;
  block.first_panel = b.grid.first_panel(panel_block);
  block.last_panel = b.grid.first_panel(panel_block + 1);
  const int64_t start = b.panels.start(block.first_panel), width = b.panels.start(block.last_panel) - start;
  block.b = c.input(b.params.roles.b).as<int16_t>() + group * PackedInts(b.panels, taps, g.channels);
  block.segments = taps;
  block.length = g.channels;
  block.rows = last - first;
  block.c_step = width;
  HASTEN_ASSIGN(const auto pointers, c.Scratch<const int16_t*>((last - first) * taps));
  HASTEN_ASSIGN(const auto sums, c.Scratch<int32_t>((last - first) * width));
  const ConvTaps<int16_t> point(g, widened, group, b.group_channels(), kZeros);
  const RowTiles tiles = RowTiles::Of(last - first, BestIntKernels().shape.rows);
  PixelCursor pixel(g, first);
  for (int64_t t = 0; t < tiles.count; ++t)
    for (int64_t r = 0; r < tiles.size(t); ++r, pixel.Next())
      point.Point(pixel, tiles.size(t), pointers.data() + tiles.start(t) * taps + r);
  block.a = pointers.data();
  block.c = sums.data();
  MultiplyInts(block);
  const IntTail tail = IntTail::Of(c, b.params.roles, b.params.output, b.tables, c.workspace);
  const int64_t columns = g.groups * g.filters, column = group * g.filters + start;
  const int64_t n = std::min(g.filters - start, width);
  for (int64_t r = first; r < last; ++r) tail.Row(sums.data() + (r - first) * width, r * columns + column, column, n);
  return {};
}

}  // namespace

extern const Tactic kConvInt = {
    .name = "conv_int",
    .ops = kIntConvOps,
    .supports = Supports,
    .layouts = Layouts::kChannelsLast,
    .speed = 60,
    .packs = 1u << 1 | 1u << 3,
    .pack = Pack,
    .packed_type = PackedType,
    .prepare = PrepareIntConv,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
