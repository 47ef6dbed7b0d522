#include "kernels/cpu/resample_row.h"

#include "kernels/cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/resample_row.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hasten::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void Rows(const float* const* rows, const float* weights, int64_t count, int64_t n, float* HWY_RESTRICT y) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    auto sum = hn::Zero(d);
    for (int64_t r = 0; r < count; ++r) sum = hn::MulAdd(hn::Set(d, weights[r]), hn::LoadU(d, rows[r] + i), sum);
    hn::StoreU(sum, d, y + i);
  }
  for (; i < n; ++i) {
    float sum = 0;
    for (int64_t r = 0; r < count; ++r) sum += weights[r] * rows[r][i];
    y[i] = sum;
  }
}

template <int kTaps>
HWY_INLINE void Element(const float* x, const int64_t* entries, const float* weights, int64_t taps, int64_t element,
                        float* HWY_RESTRICT y) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t n = kTaps > 0 ? kTaps : taps;
  int64_t e = 0;
  for (; e + lanes <= element; e += lanes) {
    auto sum = hn::Zero(d);
    for (int64_t t = 0; t < n; ++t)
      if (weights[t] != 0)  // else an infinity would count
        sum = hn::MulAdd(hn::Set(d, weights[t]), hn::LoadU(d, x + entries[t] * element + e), sum);
    hn::StoreU(sum, d, y + e);
  }
  for (; e < element; ++e) {
    float sum = 0;
    for (int64_t t = 0; t < n; ++t)
      if (weights[t] != 0) sum += weights[t] * x[entries[t] * element + e];
    y[e] = sum;
  }
}

void Shifts(const float* x, const int64_t* entries, const float* weights, int64_t taps, int64_t n, int64_t element,
            float* y) {
  for (int64_t j = 0; j < n; ++j, entries += taps, weights += taps, y += element) {
    if (taps == 2)
      Element<2>(x, entries, weights, taps, element, y);
    else
      Element<0>(x, entries, weights, taps, element, y);
  }
}

}  // namespace hasten::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hasten::cpu {
namespace {

HWY_EXPORT(Rows);
HWY_EXPORT(Shifts);

}  // namespace

void SumRows(const float* const* rows, const float* weights, int64_t count, int64_t n, float* y) {
  HWY_DYNAMIC_DISPATCH(Rows)(rows, weights, count, n, y);
}

void SumShifts(const float* x, const int64_t* entries, const float* weights, int64_t taps, int64_t n, int64_t element,
               float* y) {
  HWY_DYNAMIC_DISPATCH(Shifts)(x, entries, weights, taps, n, element, y);
}

}  // namespace hasten::cpu
#endif
