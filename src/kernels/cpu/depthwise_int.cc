// Depthwise convolution of 8-bit integers: vectors run along the channels.
#include <cstring>

#include "kernels/cpu/depthwise_int_row.h"
#include "kernels/cpu/int_conv.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr int64_t kPadding = 16;  // weights of a tap are a multiple of it

struct Bound {
  ConvGeometry geometry;
  IntConvParams params;
  IntTables tables;
  int64_t rows = 0, rows_per_chunk = 1;
};

bool Supports(const PlanCall& call) {
  if (!IntConvSupported(call)) return false;
  const Dims& w = call.constant(static_cast<size_t>(IntConvOf(call).b))->dims;
  return w.rank() <= 4 && w[1] == 1 && w[0] == call.attrs<ConvAttrs>().group;
}

Status Pack(const PlanCall& call, int input, Tensor* packed) {
  const IntRoles roles = IntConvOf(call);
  if (input != roles.b) return {};
  const Tensor& w = *call.constant(static_cast<size_t>(roles.b));
  const int64_t channels = w.dims[0], taps = w.dims.Product(1, w.dims.rank());
  const int64_t step = (channels + kPadding - 1) / kPadding * kPadding;
  const std::vector<int32_t> zero = WeightZeros(call, roles);
  HASTEN_ASSIGN(*packed, NewTensor(DType::kI32, {taps, step}));
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t t = 0; t < taps; ++t) {
      const int32_t z = zero.empty() ? 0 : zero[zero.size() == 1 ? 0 : static_cast<size_t>(c)];
      packed->as<int32_t>()[t * step + c] = (Bytes::Of(w).at(c * taps + t) - z) & 0xffff;
    }
  return {};
}

Type PackedType(const PlanCall& call, int input) {
  const IntRoles roles = IntConvOf(call);
  if (input != roles.b) return Type::Unknown();
  const Dims& w = call.constant(static_cast<size_t>(roles.b))->dims;
  return Type::Tensor(DType::kI32, Dims{w.Product(1, w.rank()), (w[0] + kPadding - 1) / kPadding * kPadding});
}

Status Bind(const BoundShapes& s, Binding* binding) {
  Bound b;
  std::memcpy(&b.params, s.params, sizeof b.params);
  const Dims y = *s.out[0].shape.Concrete();
  b.geometry = GeometryOf(s.attrs<ConvAttrs>(), *s.in[0].shape.Concrete(), WeightDims(&b.params.weight), y);
  const ConvGeometry& g = b.geometry;
  b.tables = IntTables::Of(g.groups);
  if (y.elements() > 0) {
    b.rows = g.batch * g.axes[1].out;
    b.rows_per_chunk = std::clamp<int64_t>((int64_t{1} << 18) / (g.axes[2].out * g.groups * g.taps()), 1, b.rows);
  }
  binding->phases = {b.rows > 0 ? 1 : 0, (b.rows + b.rows_per_chunk - 1) / b.rows_per_chunk};
  binding->workspace_bytes = static_cast<size_t>(b.tables.bytes());
  binding->data.resize(sizeof b);
  std::memcpy(binding->data.data(), &b, sizeof b);
  return {};
}

Status Run(KernelCall& c) {
  const Bound& b = *reinterpret_cast<const Bound*>(c.bound);
  const ConvGeometry& g = b.geometry;
  const IntRoles& roles = b.params.roles;
  if (c.phase == 0) {
    b.tables.Fill(c, roles, b.params.output, g.groups, 1, c.workspace);
    return {};
  }
  DepthwiseIntRow r{.height = g.axes[1], .width = g.axes[2], .channels = g.groups};
  r.weights = c.input(roles.b).as<int32_t>();
  r.weight_step = c.input(roles.b).dims[1];
  r.x_zero = ZeroOf(c, roles.a_zero);
  const int64_t pixels = r.width.out;
  HASTEN_ASSIGN(const auto sums, c.Scratch<int32_t>(pixels * r.channels + kTailPadding));
  r.sums = sums.data();
  const IntTail tail = IntTail::Of(c, roles, b.params.output, b.tables, c.workspace);
  const int64_t first = c.chunk * b.rows_per_chunk, last = std::min(first + b.rows_per_chunk, b.rows);
  for (int64_t row = first; row < last; ++row) {
    r.x = Bytes::Of(c.input(roles.a)) + row / r.height.out * g.in_pixels() * r.channels;
    SumDepthwiseRow(r, row % r.height.out);
    tail.Rows({r.sums, r.channels, pixels, 0, r.channels}, row * pixels * r.channels, r.channels);
  }
  return {};
}

}  // namespace

extern const Tactic kDepthwiseInt = {
    .name = "depthwise_int",
    .ops = kIntConvOps,
    .supports = Supports,
    .layouts = Layouts::kChannelsLast,
    .speed = 30,
    .packs = 1u << 1 | 1u << 3,
    .pack = Pack,
    .packed_type = PackedType,
    .prepare = PrepareIntConv,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
