#include "kernels/cpu/indices.h"
#include "kernels/cpu/strided_copy.h"
#include "ops/gather.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

bool Supports(const PlanCall& call) { return MovesByBytes(call.in[0].dtype) && IsIndex(call.in[1].dtype); }

// Rows [first, last) of the output: all axes but the last.
template <int kSize>
Status Rows(const KernelCall& c, int axis, int64_t first, int64_t last) {
  const Tensor& x = c.input(0);
  const Dims &y = c.output(0).dims, strides = StridesOf(x.dims);
  const int inner = y.rank() - 1;
  const auto a = static_cast<size_t>(axis);
  const int64_t n = y.back(), dim = x.dims[a], stride = strides[a], step = axis == inner ? 0 : 1;
  const IndexReader index(c.input(1));
  for (int64_t row = first; row < last; ++row) {
    int64_t base = 0, rest = row;
    for (int i = inner - 1; i >= 0; --i) {
      const auto d = static_cast<size_t>(i);
      if (i != axis) base += rest % y[d] * strides[d];
      rest /= y[d];
    }
    std::byte* to = c.output(0).data + row * n * kSize;
    for (int64_t j = 0; j < n; ++j) {
      HASTEN_ASSIGN(const int64_t at, index.At(row * n + j, dim));
      std::memcpy(to + j * kSize, x.data + (base + j * step + at * stride) * kSize, kSize);
    }
  }
  return {};
}

Status Run(KernelCall& c) {
  const Dims& y = c.output(0).dims;
  if (y.elements() == 0) return {};
  HASTEN_ASSIGN(const int axis, NormalizeAxis(c.attrs<GatherElementsAttrs>().axis, y.rank()));
  const int64_t rows = y.Product(0, y.rank() - 1);
  const int64_t first = rows * c.chunk / c.chunks, last = rows * (c.chunk + 1) / c.chunks;
  switch (BytesFor(c.input(0).dtype, 1)) {
    case 1: return Rows<1>(c, axis, first, last);
    case 2: return Rows<2>(c, axis, first, last);
    case 4: return Rows<4>(c, axis, first, last);
    case 8: return Rows<8>(c, axis, first, last);
    default: return Rows<16>(c, axis, first, last);
  }
}

constexpr std::string_view kOps[] = {"GatherElements"};

}  // namespace

extern const Tactic kGatherElementsRows = {
    .name = "gather_elements_rows",
    .ops = kOps,
    .supports = Supports,
    .speed = 4,
    .bind = BindByBytes,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
