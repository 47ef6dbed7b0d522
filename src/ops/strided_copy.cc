#include "ops/movement.h"

namespace hasten {
namespace {

// Loops over axes, innermost last.
struct Loops {
  int rank = 0;
  int64_t dims[2 * Dims::kMaxRank], from[2 * Dims::kMaxRank], to[2 * Dims::kMaxRank];

  void Add(int64_t dim, int64_t from_stride, int64_t to_stride) {
    if (dim == 1) return;
    if (rank > 0 && from[rank - 1] == from_stride * dim && to[rank - 1] == to_stride * dim) {
      dims[rank - 1] *= dim;
    } else {
      dims[rank++] = dim;
    }
    from[rank - 1] = from_stride;
    to[rank - 1] = to_stride;
  }
};

struct Row {
  const Tensor* from;
  Tensor* to;
  int64_t from_stride, to_stride, count;
};

using CopyRow = void (*)(const Row& r, int64_t from_at, int64_t to_at);

void CopyContiguous(const Row& r, int64_t from_at, int64_t to_at) {
  CopyElements(*r.from, from_at, r.to, to_at, r.count);
}

void CopyOneByOne(const Row& r, int64_t from_at, int64_t to_at) {
  for (int64_t i = 0; i < r.count; ++i)
    CopyElements(*r.from, from_at + i * r.from_stride, r.to, to_at + i * r.to_stride, 1);
}

template <int kBytes>
void CopySpread(const Row& r, int64_t from_at, int64_t to_at) {
  const std::byte* from = r.from->data + from_at * kBytes;
  std::byte* to = r.to->data + to_at * kBytes;
  for (int64_t i = 0; i < r.count; ++i)
    std::memcpy(to + i * r.to_stride * kBytes, from + i * r.from_stride * kBytes, kBytes);
}

CopyRow CopyRowFor(const Row& r) {
  if (r.from_stride == 1 && r.to_stride == 1) return CopyContiguous;
  if (r.from->dtype == DType::kString) return CopyOneByOne;
  switch (Bits(r.from->dtype)) {
    case 8: return CopySpread<1>;
    case 16: return CopySpread<2>;
    case 32: return CopySpread<4>;
    case 64: return CopySpread<8>;
    case 128: return CopySpread<16>;
    default: return CopyOneByOne;
  }
}

}  // namespace

void CopyStrided(const Tensor& from, int64_t from_at, std::span<const int64_t> from_strides, Tensor* to, int64_t to_at,
                 std::span<const int64_t> to_strides, std::span<const int64_t> dims) {
  HASTEN_CHECK(from.dtype == to->dtype && dims.size() <= 2 * Dims::kMaxRank);
  Loops loops;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] <= 0) return;
    loops.Add(dims[i], from_strides[i], to_strides[i]);
  }
  Row row{&from, to, 1, 1, 1};
  if (loops.rank > 0) {
    const int last = --loops.rank;
    row = {&from, to, loops.from[last], loops.to[last], loops.dims[last]};
  }
  const CopyRow copy = CopyRowFor(row);
  int64_t at[2 * Dims::kMaxRank] = {};
  for (;;) {
    copy(row, from_at, to_at);
    int axis = loops.rank - 1;
    for (; axis >= 0; --axis) {
      from_at += loops.from[axis];
      to_at += loops.to[axis];
      if (++at[axis] < loops.dims[axis]) break;
      from_at -= loops.from[axis] * loops.dims[axis];
      to_at -= loops.to[axis] * loops.dims[axis];
      at[axis] = 0;
    }
    if (axis < 0) return;
  }
}

void CopyByTables(const Tensor& from, std::span<const std::span<const int64_t>> tables, Tensor* to) {
  const int outer = to->dims.rank() - 1;
  if (to->elements() == 0) return;
  if (outer < 0) return CopyElements(from, 0, to, 0, 1);
  const std::span<const int64_t> inner = tables[static_cast<size_t>(outer)];
  Dims at = Dims::Filled(outer, 0);
  for (int64_t to_at = 0; to_at < to->elements(); to_at += static_cast<int64_t>(inner.size())) {
    int64_t base = 0;
    for (int axis = 0; axis < outer; ++axis) base += tables[static_cast<size_t>(axis)][static_cast<size_t>(at[axis])];
    for (size_t i = 0, run; i < inner.size(); i += run) {
      for (run = 1; i + run < inner.size() && inner[i + run] == inner[i] + static_cast<int64_t>(run);) ++run;
      CopyElements(from, base + inner[i], to, to_at + static_cast<int64_t>(i), static_cast<int64_t>(run));
    }
    for (int axis = outer - 1; axis >= 0; --axis) {
      if (++at[axis] < to->dims[axis]) break;
      at[axis] = 0;
    }
  }
}

void FillZero(Tensor* t) {
  if (t->elements() == 0) return;
  if (t->dtype == DType::kString)
    std::fill_n(t->as<std::string>(), t->elements(), std::string());
  else
    std::memset(t->data, 0, static_cast<size_t>(t->bytes()));
}

void Fill(const Tensor& value, int64_t at, Tensor* t) {
  const int64_t zero = 0, one = 1, count = t->elements();
  CopyStrided(value, at, {&zero, 1}, t, 0, {&one, 1}, {&count, 1});
}

}  // namespace hasten
