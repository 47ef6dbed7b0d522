// Integer convolution as a product: rows are output pixels, whose taps are read where they lie in the image.
#include <cstring>

#include "kernels/cpu/int_conv.h"

namespace hasten::cpu {
namespace {

// Taps of a line lie side by side in an image of one group: they are one segment.
PackedInts ShapeOf(IntFormat format, const Dims& weight, int64_t groups, int64_t dilation) {
  const int64_t taps = weight.Product(2, weight.rank());
  const int64_t joined = groups == 1 && dilation == 1 ? weight.back() : 1;
  return PackedInts::Of(format, weight[0] / groups, taps / joined, joined * weight[1]);
}
PackedInts ShapeOf(const PlanCall& call, IntFormat format) {
  const Dims& weight = call.constant(static_cast<size_t>(IntConvOf(call).b))->dims;
  const auto& a = call.attrs<ConvAttrs>();
  return ShapeOf(format, weight, a.group, EntryOr(a.dilations, weight.rank() - 3, 1));
}

// The image that windows are read from: the input, or a copy whose borders hold what the padding is worth.
struct Image {
  bool copied = false;
  std::array<int64_t, 3> begin = {}, size = {1, 1, 1};  // of the input's axes
  int64_t pixel = 0;                                    // numbers of one, of all groups
  int64_t line() const { return size[2] * pixel; }
  int64_t lines(const ConvGeometry& g) const { return g.batch * size[0] * size[1]; }
};

struct Bound {
  ConvGeometry geometry;
  IntConvParams params;
  PackedInts shape;
  ChunkGrid grid;
  Image image;
  int64_t lines_per_chunk = 1, segments = 0;

  int64_t bytes() const { return BytesOf(shape.format); }
  int64_t tables_end() const { return params.tables.workspace_bytes(); }
  int64_t starts_end() const { return tables_end() + geometry.groups * shape.width() * int64_t{sizeof(int32_t)}; }
};

// The last lane of a row may lie across the end of its numbers: only in a copy, or where the last pixel is copied.
bool InPlace(const ConvGeometry& g, const PackedInts& shape, bool readable) {
  for (const WindowAxis& a : g.axes)
    if (a.pad_begin != 0 || (a.out - 1) * a.stride + (a.kernel - 1) * a.dilation >= a.in) return false;
  return readable && (shape.segments == 1 || shape.length % NumbersOf(shape.format) == 0);
}

Image ImageOf(const ConvGeometry& g, bool in_place) {
  Image image{.copied = !in_place, .pixel = g.groups * g.channels};
  for (size_t i = 0; i < 3; ++i) {
    const WindowAxis& a = g.axes[i];
    image.size[i] = in_place ? a.in : (a.out - 1) * a.stride + (a.kernel - 1) * a.dilation + 1;
    image.begin[i] = in_place ? 0 : -a.pad_begin;
  }
  return image;
}

// Of segments from the first tap, in bytes.
std::vector<int64_t> Offsets(const Bound& b) {
  const auto& [d, h, w] = b.geometry.axes;
  const int64_t step = b.shape.segments == d.kernel * h.kernel ? w.kernel : 1;
  std::vector<int64_t> out;
  for (int64_t kd = 0; kd < d.kernel; ++kd)
    for (int64_t kh = 0; kh < h.kernel; ++kh)
      for (int64_t kw = 0; kw < w.kernel; kw += step) {
        const int64_t line = kd * d.dilation * b.image.size[1] + kh * h.dilation;
        out.push_back((line * b.image.size[2] + kw * w.dilation) * b.image.pixel * b.bytes());
      }
  return out;
}

// Columns [from, to) of a line are the input's, the rest holds the zero point.
void CopyLine(const KernelCall& c, const Bound& b, int64_t line, std::byte* to) {
  const ConvGeometry& g = b.geometry;
  const Image& image = b.image;
  const Tensor& x = c.input(b.params.roles.a);
  const bool is_signed = x.dtype == DType::kI8;
  const IntFormat format = b.shape.format;
  const int32_t zero = ZeroIn(format, is_signed, ZeroOf(c, b.params.roles.a_zero));
  const int64_t h = line % image.size[1] + image.begin[1];
  const int64_t d = line / image.size[1] % image.size[0] + image.begin[0], n = line / image.size[1] / image.size[0];
  const bool inside = d >= 0 && d < g.axes[0].in && h >= 0 && h < g.axes[1].in;
  const int64_t width = image.size[2], from = inside ? std::clamp<int64_t>(-image.begin[2], 0, width) : width;
  const int64_t end = inside ? std::clamp<int64_t>(g.axes[2].in - image.begin[2], from, width) : width;
  const auto at = [&](int64_t column) { return to + column * image.pixel * b.bytes(); };
  FillNumbers(format, zero, from * image.pixel, to);
  const int64_t first = ((n * g.axes[0].in + d) * g.axes[1].in + h) * g.axes[2].in + from + image.begin[2];
  if (end > from) CopyNumbers(format, Bytes::Of(x) + first * image.pixel, (end - from) * image.pixel, at(from));
  FillNumbers(format, zero, (width - end) * image.pixel, at(end));
}

void PrepareOperands(KernelCall& c, const Bound& b) {
  const IntRoles& roles = b.params.roles;
  const ConvGeometry& g = b.geometry;
  if (c.chunk == 0) {
    if (b.params.tables.known_at == 0)
      b.params.tables.Fill(IntScaling::Of(c, roles), b.params.output, g.groups * g.filters, 1, c.workspace);
    const bool is_signed = c.input(roles.a).dtype == DType::kI8;
    const int32_t zero = ZeroIn(b.shape.format, is_signed, ZeroOf(c, roles.a_zero));
    auto* starts = reinterpret_cast<int32_t*>(c.workspace + b.tables_end());
    for (int64_t group = 0; group < g.groups; ++group)
      StartSums(c.input(roles.b).as<int32_t>() + group * b.shape.size(), b.shape.width(), zero,
                starts + group * b.shape.width());
    return;
  }
  const int64_t first = (c.chunk - 1) * b.lines_per_chunk;
  const int64_t last = std::min(first + b.lines_per_chunk, b.image.lines(g)), line = b.image.line() * b.bytes();
  std::byte* to = c.workspace + b.starts_end();
  for (int64_t i = first; i < last; ++i) CopyLine(c, b, i, to + i * line);
  if (last == b.image.lines(g)) std::memset(to + last * line, 0, 4);
}

// Where the windows of pixels [first, first + out.size()) begin.
Status RowsOf(const KernelCall& c, const Bound& b, int64_t first, std::span<const std::byte*> out) {
  const ConvGeometry& g = b.geometry;
  const Image& image = b.image;
  const std::byte* data = image.copied ? c.workspace + b.starts_end() : c.input(b.params.roles.a).data;
  const int64_t pixel = image.pixel * b.bytes();
  PixelCursor p(g, first);
  for (size_t i = 0; i < out.size();) {
    const int64_t plane = p.image * image.size[0] + p.at[0] * g.axes[0].stride;
    const int64_t line = plane * image.size[1] + p.at[1] * g.axes[1].stride, step = g.axes[2].stride * pixel;
    const std::byte* row = data + line * image.size[2] * pixel + p.at[2] * step;
    const int64_t n = std::min(g.axes[2].out - p.at[2], static_cast<int64_t>(out.size() - i));
    for (int64_t k = 0; k < n; ++k, row += step) out[i++] = row;
    p.at[2] += n - 1;
    p.Next();
  }
  if (image.copied || b.shape.length % NumbersOf(b.shape.format) == 0) return {};
  const int64_t length = pixel * (b.shape.length == g.channels ? 1 : g.axes[2].kernel);
  return CopyRowsAtEnd(c, data + g.batch * g.in_pixels() * pixel, length, out);
}

Status MultiplyChunk(KernelCall& c, const Bound& b) {
  const ConvGeometry& g = b.geometry;
  const int64_t group = c.chunk / b.grid.chunks(), chunk = c.chunk % b.grid.chunks();
  const int64_t row_block = chunk / b.grid.panel_blocks, panel_block = chunk % b.grid.panel_blocks;
  const int64_t first = b.grid.first_row(row_block), last = b.grid.first_row(row_block + 1);
  HASTEN_ASSIGN(const auto rows, c.Scratch<const std::byte*>(last - first));
  HASTEN_TRY(RowsOf(c, b, first, rows));
  for (const std::byte*& row : rows) row += group * g.channels * b.bytes();
  IntBlock block{.shape = b.shape, .a = rows.data(), .rows = last - first};
  block.b = c.input(b.params.roles.b).as<int32_t>() + group * b.shape.size();
  block.start = reinterpret_cast<const int32_t*>(c.workspace + b.tables_end()) + group * b.shape.width();
  block.offset = {reinterpret_cast<const int64_t*>(c.bound + sizeof b), static_cast<size_t>(b.segments)};
  block.first_panel = b.grid.first_panel(panel_block);
  block.last_panel = b.grid.first_panel(panel_block + 1);
  block.column = group * g.filters;
  block.row_elements = g.groups * g.filters;
  block.element = first * block.row_elements + block.column;
  return MultiplyInts(c, block, IntTail::Of(c, b.params.roles, b.params.output, b.params.tables));
}

}  // namespace

bool IntConvFits(const PlanCall& call, IntFormat format) {
  constexpr double kMostGrowth = 1 << 12;  // of the image by its padding; as if of one pixel where sizes are open
  const auto& a = call.attrs<ConvAttrs>();
  if (!IntConvSupported(call, format)) return false;
  const Dims& w = call.constant(static_cast<size_t>(IntConvOf(call).b))->dims;
  double growth = 1;
  for (int i = 0; i < w.rank() - 2; ++i) {
    int64_t pads = 0;
    if (HasSamePadding(a)) pads = (w[static_cast<size_t>(i) + 2] - 1) * EntryOr(a.dilations, i, 1);
    if (HasExplicitPadding(a)) pads = EntryOr(a.pads, i, 0) + EntryOr(a.pads, i + w.rank() - 2, 0);
    const Dim& size = call.in[0].shape[i + 2];
    growth *=
        1 + static_cast<double>(pads) / static_cast<double>(size.is_const() ? std::max<int64_t>(1, size.value()) : 1);
  }
  return growth <= kMostGrowth;
}

double IntConvShare(const PlanCall& call, IntFormat format) {
  const PackedInts shape = ShapeOf(call, format);
  const int64_t depth = shape.lanes() * NumbersOf(format);
  return static_cast<double>(shape.length * shape.panels.columns) / static_cast<double>(depth * shape.width());
}

Status PackIntConv(const PlanCall& call, int input, IntFormat format, Tensor* packed) {
  const IntRoles roles = IntConvOf(call);
  if (input != roles.b) return {};
  const Tensor& w = *call.constant(static_cast<size_t>(roles.b));
  const int64_t groups = call.attrs<ConvAttrs>().group, filters = w.dims[0] / groups, channels = w.dims[1];
  const int64_t taps = w.dims.Product(2, w.dims.rank()), k = taps * channels;
  const PackedInts shape = ShapeOf(call, format);
  HASTEN_ASSIGN(*packed, NewTensor(DType::kI32, {groups, shape.size()}));
  std::vector<int64_t> row(static_cast<size_t>(k));
  for (int64_t t = 0; t < taps; ++t)
    for (int64_t i = 0; i < channels; ++i) row[static_cast<size_t>(t * channels + i)] = i * taps + t;
  const std::vector<int32_t> zero = WeightZeros(call, roles);
  for (int64_t g = 0; g < groups; ++g) {
    std::span<const int32_t> zeros = zero;
    if (zeros.size() > 1) zeros = zeros.subspan(static_cast<size_t>(g * filters), static_cast<size_t>(filters));
    shape.Pack({Bytes::Of(w) + g * filters * k, row, 0, k, zeros}, packed->as<int32_t>() + g * shape.size());
  }
  return {};
}

Type PackedIntConvType(const PlanCall& call, int input, IntFormat format) {
  if (input != IntConvOf(call).b) return Type::Unknown();
  return Type::Tensor(DType::kI32, Dims{call.attrs<ConvAttrs>().group, ShapeOf(call, format).size()});
}

Status BindIntConvProduct(const BoundShapes& s, Binding* binding) {
  Bound b;
  std::memcpy(&b.params, s.params, sizeof b.params);
  const Dims x = *s.in[0].shape.Concrete(), y = *s.out[0].shape.Concrete(), weight = WeightDims(&b.params.weight);
  b.geometry = GeometryOf(s.attrs<ConvAttrs>(), x, weight, y);
  const ConvGeometry& g = b.geometry;
  b.shape = ShapeOf(b.params.format, weight, g.groups, g.axes[2].dilation);
  b.grid = ChunkGrid::Of(g.rows(), b.shape.panels, g.taps() * g.channels, BestIntTiles(b.params.format)->shape.rows);
  b.image = ImageOf(g, InPlace(g, b.shape, ReadInPlace(b.params.format, s.in[0].dtype)));
  const int64_t lines = b.image.copied && y.elements() > 0 ? b.image.lines(g) : 0;
  b.lines_per_chunk = std::max<int64_t>(1, (64 << 10) / std::max<int64_t>(1, b.image.line()));
  binding->phases = {0, 0};
  if (y.elements() > 0)
    binding->phases = {1 + (lines + b.lines_per_chunk - 1) / b.lines_per_chunk, b.grid.chunks() * g.groups};
  binding->workspace_bytes = static_cast<size_t>(b.starts_end() + lines * b.image.line() * b.bytes() + 64);
  const std::vector<int64_t> offsets = Offsets(b);
  b.segments = static_cast<int64_t>(offsets.size());
  KeepBound(b, binding);
  const auto* bytes = reinterpret_cast<const std::byte*>(offsets.data());
  binding->data.insert(binding->data.end(), bytes, bytes + offsets.size() * sizeof(int64_t));
  return {};
}

Status RunIntConvProduct(KernelCall& c) {
  const Bound& b = *reinterpret_cast<const Bound*>(c.bound);
  if (c.phase > 0) return MultiplyChunk(c, b);
  PrepareOperands(c, b);
  return {};
}

}  // namespace hasten::cpu
