#include "kernels/cpu/strided_copy.h"

#include <cstring>

#include "kernels/cpu/transpose_block.h"

namespace hasten::cpu {
namespace {

template <int kSize>
void Spread(int64_t n, const std::byte* from, int64_t from_step, std::byte* to, int64_t to_step) {
  if (from_step == 0 && to_step == 1) {
    std::byte element[kSize];
    std::memcpy(element, from, kSize);
    for (int64_t i = 0; i < n; ++i) std::memcpy(to + i * kSize, element, kSize);
    return;
  }
  for (int64_t i = 0; i < n; ++i) std::memcpy(to + i * to_step * kSize, from + i * from_step * kSize, kSize);
}

void SpreadAny(int64_t size, int64_t n, const std::byte* from, int64_t from_step, std::byte* to, int64_t to_step) {
  switch (size) {
    case 1: return Spread<1>(n, from, from_step, to, to_step);
    case 2: return Spread<2>(n, from, from_step, to, to_step);
    case 4: return Spread<4>(n, from, from_step, to, to_step);
    case 8: return Spread<8>(n, from, from_step, to, to_step);
    default: return Spread<16>(n, from, from_step, to, to_step);
  }
}

// A call costs more than short runs do.
void CopyRun(const std::byte* from, std::byte* to, int64_t n) {
  if (n > 256) {
    std::memcpy(to, from, static_cast<size_t>(n));
    return;
  }
  for (; n >= 32; n -= 32, from += 32, to += 32) std::memcpy(to, from, 32);
  for (; n >= 8; n -= 8, from += 8, to += 8) std::memcpy(to, from, 8);
  for (; n > 0; --n) *to++ = *from++;
}

bool Whole(int64_t v, int64_t by) { return v % by == 0; }

}  // namespace

StridedCopy StridedCopy::Of(int64_t size, std::span<const int64_t> dims, std::span<const int64_t> from,
                            std::span<const int64_t> to, int64_t from_at, int64_t to_at) {
  StridedCopy c;
  c.size_ = size;
  c.from_at_ = from_at;
  c.to_at_ = to_at;
  c.bytes_ = size;
  std::array<size_t, kMaxLoops> order;
  size_t count = 0;
  for (size_t i = 0; i < dims.size(); ++i) {
    c.bytes_ *= std::max<int64_t>(dims[i], 0);
    if (dims[i] != 1) order[count++] = i;
  }
  if (c.bytes_ == 0) return c;
  std::stable_sort(order.begin(), order.begin() + count,
                   [&](size_t a, size_t b) { return std::abs(to[a]) > std::abs(to[b]); });
  for (size_t k = 0; k < count; ++k) {
    const size_t i = order[k];
    const int last = c.rank_ - 1;
    if (last >= 0 && c.from_[last] == from[i] * dims[i] && c.to_[last] == to[i] * dims[i]) {
      c.dims_[last] *= dims[i];
    } else {
      c.dims_[c.rank_++] = dims[i];
    }
    c.from_[c.rank_ - 1] = from[i];
    c.to_[c.rank_ - 1] = to[i];
  }
  c.Choose();
  return c;
}

// Short contiguous runs become larger elements; then the loops that a kernel runs, and how they are cut.
void StridedCopy::Choose() {
  const auto contiguous = [&] { return rank_ > 0 && from_[rank_ - 1] == 1 && to_[rank_ - 1] == 1; };
  if (contiguous() && rank_ > 1) {
    const int64_t run = dims_[rank_ - 1], wide = run * size_;
    bool fits = wide == 2 || wide == 4 || wide == 8 || wide == 16;
    fits = fits && Whole(from_at_, run) && Whole(to_at_, run);
    for (int i = 0; i + 1 < rank_; ++i) fits = fits && Whole(from_[i], run) && Whole(to_[i], run);
    if (fits) {
      --rank_;
      size_ = wide;
      from_at_ /= run;
      to_at_ /= run;
      for (int i = 0; i < rank_; ++i) from_[i] /= run, to_[i] /= run;
    }
  }
  if (rank_ == 0) dims_[rank_] = from_[rank_] = to_[rank_] = 1, ++rank_;
  inner_ = 1;
  kind_ = contiguous() ? Kind::kRuns : Kind::kSpread;
  if (kind_ == Kind::kSpread && to_[rank_ - 1] == 1) {
    for (int i = rank_ - 2; i >= 0; --i) {
      if (from_[i] != 1) continue;
      // Its place is before the last loop: the order of the others does not matter.
      std::rotate(dims_ + i, dims_ + i + 1, dims_ + rank_ - 1);
      std::rotate(from_ + i, from_ + i + 1, from_ + rank_ - 1);
      std::rotate(to_ + i, to_ + i + 1, to_ + rank_ - 1);
      kind_ = Kind::kTranspose;
      inner_ = 2;
      break;
    }
  }
  outer_ = 1;
  for (int i = 0; i < rank_ - inner_; ++i) outer_ *= dims_[i];
  const int cut = rank_ - inner_;
  const int64_t each = kind_ == Kind::kTranspose ? dims_[rank_ - 1] * size_ : size_;
  part_ = std::max<int64_t>(1, 32768 / each);
  part_ = std::min(dims_[cut], (part_ + 31) / 32 * 32);
  parts_ = (dims_[cut] + part_ - 1) / part_;
}

void StridedCopy::Inner(int64_t part, const std::byte* from, std::byte* to) const {
  const int cut = rank_ - inner_;
  const int64_t first = part * part_, n = std::min(part_, dims_[cut] - first);
  from += first * from_[cut] * size_;
  to += first * to_[cut] * size_;
  switch (kind_) {
    case Kind::kRuns: return CopyRun(from, to, n * size_);
    case Kind::kSpread: return SpreadAny(size_, n, from, from_[cut], to, to_[cut]);
    case Kind::kTranspose: return TransposeBlock(size_, from, from_[rank_ - 1], dims_[rank_ - 1], n, to, to_[cut]);
  }
}

void StridedCopy::Run(int64_t first, int64_t last, const std::byte* from, std::byte* to) const {
  if (first >= last) return;
  const int loops = rank_ - inner_;
  int64_t at[kMaxLoops], rest = first / parts_, part = first % parts_;
  int64_t f = from_at_, t = to_at_;
  for (int i = loops - 1; i >= 0; --i) {
    at[i] = rest % dims_[i];
    rest /= dims_[i];
    f += at[i] * from_[i];
    t += at[i] * to_[i];
  }
  for (int64_t unit = first; unit < last; ++unit) {
    Inner(part, from + f * size_, to + t * size_);
    if (++part < parts_) continue;
    part = 0;
    for (int i = loops - 1; i >= 0; --i) {
      f += from_[i];
      t += to_[i];
      if (++at[i] < dims_[i]) break;
      f -= from_[i] * dims_[i];
      t -= to_[i] * dims_[i];
      at[i] = 0;
    }
  }
}

Status BindByBytes(const BoundShapes& s, Binding* binding) {
  int64_t bytes = 0;
  for (const Type& t : s.out)
    if (const auto dims = t.is_tensor() ? t.shape.Concrete() : std::nullopt)
      bytes += BytesFor(t.dtype, dims->elements());
  binding->phases = {std::clamp<int64_t>(bytes / 65536, 1, 1024)};
  return {};
}

bool MovesByBytes(DType dtype) { return dtype != DType::kNone && dtype != DType::kString && Bits(dtype) % 8 == 0; }

Dims PhysicalDims(const Dims& dims, Layout layout) {
  if (layout != Layout::kChannelsLast || dims.rank() < 3) return dims;
  Dims out{dims[0]};
  for (int i = 2; i < dims.rank(); ++i) out.push_back(dims[static_cast<size_t>(i)]);
  out.push_back(dims[1]);
  return out;
}

int PhysicalAxis(int axis, int rank, Layout layout) {
  if (layout != Layout::kChannelsLast || rank < 3 || axis == 0) return axis;
  return axis == 1 ? rank - 1 : axis - 1;
}

Dims LogicalStrides(const Dims& dims, Layout layout) {
  const Dims strides = StridesOf(PhysicalDims(dims, layout));
  Dims out;
  for (int i = 0; i < dims.rank(); ++i)
    out.push_back(strides[static_cast<size_t>(PhysicalAxis(i, dims.rank(), layout))]);
  return out;
}

}  // namespace hasten::cpu
