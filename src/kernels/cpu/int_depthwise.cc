// Depthwise convolution of 8-bit integers: vectors run along the channels.
#include <cstring>

#include "kernels/cpu/depthwise_int_row.h"
#include "kernels/cpu/int_conv.h"

namespace hasten::cpu {
namespace {

constexpr int64_t kPadding = 16;  // weights of a tap are a multiple of it

struct Bound {
  ConvGeometry geometry;
  IntConvParams params;
  int64_t rows = 0, rows_per_chunk = 1, channels_at_once = 1;

  bool quads() const { return params.format == IntFormat::kQuads; }
  int64_t step() const { return (geometry.groups + kPadding - 1) / kPadding * kPadding; }
  // The workspace of quads: tables, what sums begin with, a pixel outside the image.
  int64_t start_at() const { return params.tables.workspace_bytes(); }
  int64_t padding_at() const { return start_at() + step() * int64_t{sizeof(int32_t)}; }
};

// Pairs: a tap's weights are rows of lanes.  Quads: the sums of all taps, then taps above each other in lanes.
Dims PackedDims(const Dims& w, IntFormat format) {
  const int64_t step = (w[0] + kPadding - 1) / kPadding * kPadding, taps = w.Product(1, w.rank());
  const int64_t height = taps / w.back();
  return {format == IntFormat::kPairs ? taps : 1 + (height + 3) / 4 * w.back(), step};
}

}  // namespace

bool IntDepthwiseFits(const PlanCall& call, IntFormat format) {
  const Tensor* w = call.constant(static_cast<size_t>(IntConvOf(call).b));
  return w && w->dims.rank() <= 4 && w->dims[1] == 1 && w->dims[0] == call.attrs<ConvAttrs>().group &&
         IntConvSupported(call, format);
}

Status PackIntDepthwise(const PlanCall& call, int input, IntFormat format, Tensor* packed) {
  const IntRoles roles = IntConvOf(call);
  if (input != roles.b) return {};
  const Tensor& w = *call.constant(static_cast<size_t>(roles.b));
  const int64_t taps = w.dims.Product(1, w.dims.rank()), columns = w.dims.back();
  const std::vector<int32_t> zeros = WeightZeros(call, roles);
  const IntSource source{Bytes::Of(w), {}, 1, taps, zeros};
  HASTEN_ASSIGN(*packed, NewTensor(DType::kI32, PackedDims(w.dims, format)));
  std::fill_n(packed->data, packed->bytes(), std::byte{});
  const int64_t step = packed->dims[1];
  for (int64_t c = 0; c < w.dims[0]; ++c)
    for (int64_t t = 0; t < taps; ++t) {
      const int32_t v = source.bytes.at(c * taps + t) - source.zero_of(c);
      int32_t* lanes = packed->as<int32_t>() + c;
      if (format == IntFormat::kPairs) {
        lanes[t * step] = v & 0xffff;
      } else {
        const int64_t row = t / columns;
        lanes[0] += v;
        lanes[(1 + row / 4 * columns + t % columns) * step] |= static_cast<int32_t>((v & 0xffu) << row % 4 * 8);
      }
    }
  return {};
}

Type PackedIntDepthwiseType(const PlanCall& call, int input, IntFormat format) {
  const IntRoles roles = IntConvOf(call);
  if (input != roles.b) return Type::Unknown();
  return Type::Tensor(DType::kI32, PackedDims(call.constant(static_cast<size_t>(roles.b))->dims, format));
}

Status BindIntDepthwise(const BoundShapes& s, Binding* binding) {
  constexpr int64_t kSums = 2048;  // at once, so that they stay in the first cache
  Bound b;
  std::memcpy(&b.params, s.params, sizeof b.params);
  const Dims y = *s.out[0].shape.Concrete();
  b.geometry = GeometryOf(s.attrs<ConvAttrs>(), *s.in[0].shape.Concrete(), WeightDims(&b.params.weight), y);
  const ConvGeometry& g = b.geometry;
  b.channels_at_once = g.groups;
  if (y.elements() > 0) {
    b.rows = g.batch * g.axes[1].out;
    b.rows_per_chunk = std::clamp<int64_t>((int64_t{1} << 18) / (g.axes[2].out * g.groups * g.taps()), 1, b.rows);
    if (b.quads()) b.channels_at_once = std::max<int64_t>(1, kSums / kPadding / g.axes[2].out) * kPadding;
  }
  binding->phases = {b.rows > 0 ? 1 : 0, (b.rows + b.rows_per_chunk - 1) / b.rows_per_chunk};
  binding->workspace_bytes = static_cast<size_t>(b.padding_at() + b.step());
  KeepBound(b, binding);
  return {};
}

namespace {

void Prepare(const KernelCall& c, const Bound& b) {
  const IntRoles& roles = b.params.roles;
  const int64_t channels = b.geometry.groups;
  if (b.params.tables.known_at == 0)
    b.params.tables.Fill(IntScaling::Of(c, roles), b.params.output, channels, 1, c.workspace);
  if (!b.quads()) return;
  const int32_t zero = ZeroOf(c, roles.a_zero);
  StartSums(c.input(roles.b).as<int32_t>(), b.step(),
            ZeroIn(IntFormat::kQuads, c.input(roles.a).dtype == DType::kI8, zero),
            reinterpret_cast<int32_t*>(c.workspace + b.start_at()));
  std::fill_n(c.workspace + b.padding_at(), channels, static_cast<std::byte>(zero));
}

DepthwiseIntRow PairsOf(const KernelCall& c, const Bound& b, int32_t* sums) {
  const ConvGeometry& g = b.geometry;
  DepthwiseIntRow r{.height = g.axes[1], .width = g.axes[2], .channels = g.groups, .weight_step = b.step()};
  r.weights = c.input(b.params.roles.b).as<int32_t>();
  r.x_zero = ZeroOf(c, b.params.roles.a_zero);
  r.sums = sums;
  return r;
}

DepthwiseQuadsRow QuadsOf(const KernelCall& c, const Bound& b, int32_t* sums) {
  const ConvGeometry& g = b.geometry;
  DepthwiseQuadsRow r{.height = g.axes[1], .width = g.axes[2], .channels = g.groups, .weight_step = b.step()};
  r.padding = c.workspace + b.padding_at();
  r.weights = c.input(b.params.roles.b).as<int32_t>() + b.step();
  r.start = reinterpret_cast<const int32_t*>(c.workspace + b.start_at());
  r.sums = sums;
  return r;
}

}  // namespace

Status RunIntDepthwise(KernelCall& c) {
  const Bound& b = *reinterpret_cast<const Bound*>(c.bound);
  const ConvGeometry& g = b.geometry;
  const IntRoles& roles = b.params.roles;
  if (c.phase == 0) {
    Prepare(c, b);
    return {};
  }
  const int64_t pixels = g.axes[2].out, channels = g.groups, most = std::min(channels, b.channels_at_once);
  HASTEN_ASSIGN(const auto sums, c.Scratch<int32_t>(pixels * most + kTailPadding));
  DepthwiseIntRow pairs = PairsOf(c, b, sums.data());
  DepthwiseQuadsRow quads = QuadsOf(c, b, sums.data());
  const IntTail tail = IntTail::Of(c, roles, b.params.output, b.params.tables);
  const int64_t first = c.chunk * b.rows_per_chunk, last = std::min(first + b.rows_per_chunk, b.rows);
  for (int64_t row = first; row < last; ++row) {
    const int64_t oh = row % g.axes[1].out;
    pairs.x = quads.x = Bytes::Of(c.input(roles.a)) + row / g.axes[1].out * g.in_pixels() * channels;
    for (int64_t at = 0; at < channels; at += most) {
      const int64_t n = std::min(most, channels - at);
      b.quads() ? SumDepthwiseQuads(quads, oh, at, at + n) : SumDepthwiseRow(pairs, oh);
      tail.Rows({sums.data(), n, pixels, at, n}, row * pixels * channels + at, channels);
    }
  }
  return {};
}

}  // namespace hasten::cpu
