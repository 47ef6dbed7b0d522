#include "tensor/dims.h"

#include <limits>

namespace hasten {

void Dims::insert(int at, int64_t v) {
  push_back(0);
  for (int i = rank_ - 1; i > at; --i) d_[i] = d_[i - 1];
  d_[at] = v;
}

void Dims::erase(int at) {
  for (int i = at; i + 1 < rank_; ++i) d_[i] = d_[i + 1];
  --rank_;
}

// The largest number where a shape that is only declared holds more than that.
int64_t Dims::Product(int from, int to) const {
  int64_t n = 1;
  bool overflows = false;
  for (int i = from; i < to; ++i) {
    if (d_[i] == 0) return 0;
    overflows |= __builtin_mul_overflow(n, d_[i], &n);
  }
  return overflows ? std::numeric_limits<int64_t>::max() : n;
}

std::string Dims::Text() const { return "[" + Join(span(), ",") + "]"; }

Result<int64_t> CheckedElements(std::span<const int64_t> dims) {
  constexpr int64_t kMax = int64_t{1} << 62;
  int64_t n = 1;
  bool zero = false;
  for (int64_t d : dims) {
    if (d < 0) return Status(Code::kInvalidArgument, Str("dims must not be negative, are [", Join(dims, ","), "]"));
    if (d == 0)
      zero = true;
    else if (n > kMax / d)
      return Status(Code::kInvalidArgument, Str("dims [", Join(dims, ","), "] have too many elements"));
    else
      n *= d;
  }
  return zero ? 0 : n;
}

Dims StridesOf(const Dims& dims) {
  Dims strides = dims;
  int64_t step = 1;
  for (int i = dims.rank() - 1; i >= 0; --i) {
    strides[i] = step;
    step *= dims[i];
  }
  return strides;
}

Result<Dims> BroadcastDims(const Dims& a, const Dims& b) {
  const Dims& wide = a.rank() >= b.rank() ? a : b;
  const Dims& narrow = a.rank() >= b.rank() ? b : a;
  Dims out = wide;
  const int shift = wide.rank() - narrow.rank();
  for (int i = 0; i < narrow.rank(); ++i) {
    int64_t& d = out[shift + i];
    if (d == narrow[i] || narrow[i] == 1) continue;
    HASTEN_REQUIRE(d == 1, "shapes ", a, " and ", b, " do not broadcast");
    d = narrow[i];
  }
  return out;
}

Dims BroadcastStrides(const Dims& from, const Dims& to) {
  const Dims own = StridesOf(from);
  Dims out = Dims::Filled(to.rank(), 0);
  const int shift = to.rank() - from.rank();
  for (int i = std::max(0, -shift); i < from.rank(); ++i)  // axes of 1 in front may be more than `to` has
    out[shift + i] = from[i] == 1 ? 0 : own[i];
  return out;
}

Result<int> NormalizeAxis(int64_t axis, int64_t rank) {
  HASTEN_REQUIRE(axis >= -rank && axis < rank, "axis must be in [", -rank, ", ", rank, "), is ", axis);
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

}  // namespace hasten
