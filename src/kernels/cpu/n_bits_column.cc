#include "kernels/cpu/n_bits_column.h"

#include <algorithm>
#include <cstring>

#include "kernels/cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/n_bits_column.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hasten::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;

void ScaleAll(const uint8_t* numbers, int64_t n, int64_t block, const float* scales, const float* zeros, float* y) {
  const D d;
  const hn::RebindToSigned<D> di;
  const hn::Rebind<uint8_t, D> narrow;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t from = 0; from < n; from += block, ++scales, ++zeros) {
    const int64_t end = std::min(n, from + block);
    const auto scale = hn::Set(d, *scales), zero = hn::Set(d, *zeros);
    int64_t i = from;
    for (; i + lanes <= end; i += lanes) {
      const auto v = hn::ConvertTo(d, hn::PromoteTo(di, hn::LoadU(narrow, numbers + i)));
      hn::StoreU(hn::Mul(hn::Sub(v, zero), scale), d, y + i);
    }
    for (; i < end; ++i) y[i] = (static_cast<float>(numbers[i]) - *zeros) * *scales;
  }
}

float Dot(const float* a, const float* b, int64_t n) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  int64_t i = 0;
  const auto at = [&](const float* p, int64_t k) HWY_ATTR { return hn::LoadU(d, p + i + k * lanes); };
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    s0 = hn::MulAdd(at(a, 0), at(b, 0), s0);
    s1 = hn::MulAdd(at(a, 1), at(b, 1), s1);
    s2 = hn::MulAdd(at(a, 2), at(b, 2), s2);
    s3 = hn::MulAdd(at(a, 3), at(b, 3), s3);
  }
  for (; i + lanes <= n; i += lanes) s0 = hn::MulAdd(at(a, 0), at(b, 0), s0);
  float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
  for (; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace hasten::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hasten::cpu {
namespace {

HWY_EXPORT(ScaleAll);
HWY_EXPORT(Dot);

}  // namespace

void UnpackBits(const uint8_t* packed, int64_t bits, int64_t n, uint8_t* numbers) {
  if (bits == 8) {
    std::memcpy(numbers, packed, static_cast<size_t>(n));
  } else if (bits == 4) {
    for (int64_t i = 0; i < (n + 1) / 2; ++i) {
      numbers[2 * i] = packed[i] & 15;
      numbers[2 * i + 1] = packed[i] >> 4;
    }
  } else {
    for (int64_t i = 0; i < (n + 3) / 4; ++i)
      for (int64_t k = 0; k < 4; ++k) numbers[4 * i + k] = static_cast<uint8_t>(packed[i] >> (2 * k) & 3);
  }
}

void ScaleBlocks(const uint8_t* numbers, int64_t n, int64_t block, const float* scales, const float* zeros, float* y) {
  HWY_DYNAMIC_DISPATCH(ScaleAll)(numbers, n, block, scales, zeros, y);
}

float DotRow(const float* a, const float* b, int64_t n) { return HWY_DYNAMIC_DISPATCH(Dot)(a, b, n); }

}  // namespace hasten::cpu
#endif
