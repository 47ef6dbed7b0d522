#include "kernels/cpu/quantize_row.h"

#include <cmath>

#include "kernels/cpu/int_tail.h"
#include "kernels/cpu/int_tile.h"
#include "kernels/cpu/simd.h"
#include "ops/quantized.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/quantize_row.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/tie_steps.inc"

HWY_BEFORE_NAMESPACE();
namespace hasten::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Beyond this every zero point saturates.
constexpr float kFar = 1024;

template <class T, class V>
HWY_INLINE void StoreQuantized(V v, int32_t zero, T* y) {
  const D d;
  const auto low = hn::Set(d, -kFar), high = hn::Set(d, kFar);
  v = hn::IfThenElse(hn::Gt(v, low), v, low);  // NaN too
  v = hn::IfThenElse(hn::Lt(v, high), v, high);
  const auto rounded = hn::Add(hn::NearestInt(v), hn::Set(DI(), zero));
  hn::StoreU(hn::DemoteTo(hn::Rebind<T, D>(), rounded), hn::Rebind<T, D>(), y);
}

template <class T>
void Quantize8(const float* x, int64_t n, float scale, int32_t zero, T* y) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto s = hn::Set(d, scale);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) StoreQuantized<T>(hn::Div(hn::LoadU(d, x + i), s), zero, y + i);
  if (i == n) return;
  HWY_ALIGN float rest[16] = {};
  HWY_ALIGN T out[16];
  for (int64_t k = i; k < n; ++k) rest[k - i] = x[k];
  StoreQuantized<T>(hn::Div(hn::Load(d, rest), s), zero, out);
  for (int64_t k = i; k < n; ++k) y[k] = out[k - i];
}

template <class T>
void Dequantize8(const T* x, int64_t n, float scale, int32_t zero, float* y) {
  const D d;
  const DI di;
  const hn::Rebind<T, D> narrow;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto s = hn::Set(d, scale);
  const auto z = hn::Set(di, zero);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    hn::StoreU(hn::Mul(hn::ConvertTo(d, hn::Sub(hn::PromoteTo(di, hn::LoadU(narrow, x + i)), z)), s), d, y + i);
  for (; i < n; ++i) y[i] = static_cast<float>(x[i] - zero) * scale;
}

void QuantizeAny(const float* x, int64_t n, float scale, int32_t zero, DType t, std::byte* y) {
  if (t == DType::kI8) return Quantize8(x, n, scale, zero, reinterpret_cast<int8_t*>(y));
  Quantize8(x, n, scale, zero, reinterpret_cast<uint8_t*>(y));
}

void DequantizeAny(const std::byte* x, DType t, int64_t n, float scale, int32_t zero, float* y) {
  if (t == DType::kI8) return Dequantize8(reinterpret_cast<const int8_t*>(x), n, scale, zero, y);
  Dequantize8(reinterpret_cast<const uint8_t*>(x), n, scale, zero, y);
}

template <class T>
HWY_INLINE hn::Vec<D> LoadValues(const std::byte* p, int64_t i, int64_t step, int32_t zero) {
  const DI di;
  const T* x = reinterpret_cast<const T*>(p);
  if (step == 0) return hn::Set(D(), static_cast<float>(*x - zero));
  const auto v = hn::PromoteTo(di, hn::LoadU(hn::Rebind<T, D>(), x + i));
  return hn::ConvertTo(D(), hn::Sub(v, hn::Set(di, zero)));
}

template <class T>
void Combine8(const QuantizedPair& q, const std::byte* a, int64_t a_step, const std::byte* b, int64_t b_step, int64_t n,
              std::byte* y) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const double scale = q.product ? q.a_scale * q.b_scale : q.a_scale;
  const auto fa = static_cast<float>(scale / q.y_scale) * kStep, fb = static_cast<float>(q.b_scale / q.y_scale) * kStep;
  // The summands may be much larger than their sum.
  const bool safe = std::isfinite(fa) && (q.product || 255 * (q.a_scale + q.b_scale) < 512 * q.y_scale);
  const auto va = hn::Set(d, fa), vb = hn::Set(d, fb), added = hn::Set(d, StepsOf(q.y_zero, q.dtype));
  const auto flip = FlipOf(q.dtype);
  alignas(64) int32_t distances[16];
  int64_t i = 0;
  for (; safe && i + lanes <= n; i += lanes) {
    const auto av = LoadValues<T>(a, i, a_step, q.a_zero), bv = LoadValues<T>(b, i, b_step, q.b_zero);
    const auto v = q.product ? hn::MulAdd(hn::Mul(av, bv), va, added) : hn::MulAdd(av, va, hn::MulAdd(bv, vb, added));
    const auto steps = ToSteps(v);
    StoreSteps(steps, flip, y + i);
    if (HWY_LIKELY(!AnyNearTie(steps))) continue;
    hn::Store(TieDistance(steps), DI(), distances);
    for (int64_t k = 0; k < lanes; ++k)
      if (distances[k] <= kNearTie) CombineOne(q, a + (i + k) * a_step, b + (i + k) * b_step, y + i + k);
  }
  for (; i < n; ++i) CombineOne(q, a + i * a_step, b + i * b_step, y + i);
}

void CombineAny(const QuantizedPair& q, const std::byte* a, int64_t a_step, const std::byte* b, int64_t b_step,
                int64_t n, std::byte* y) {
  if (q.dtype == DType::kI8) return Combine8<int8_t>(q, a, a_step, b, b_step, n, y);
  Combine8<uint8_t>(q, a, a_step, b, b_step, n, y);
}

}  // namespace hasten::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hasten::cpu {
namespace {

HWY_EXPORT(QuantizeAny);
HWY_EXPORT(DequantizeAny);
HWY_EXPORT(CombineAny);

}  // namespace

void QuantizeRun(const float* x, int64_t n, float scale, int32_t zero, DType t, std::byte* y) {
  HWY_DYNAMIC_DISPATCH(QuantizeAny)(x, n, scale, zero, t, y);
}
void DequantizeRun(const std::byte* x, DType t, int64_t n, float scale, int32_t zero, float* y) {
  HWY_DYNAMIC_DISPATCH(DequantizeAny)(x, t, n, scale, zero, y);
}
void CombineRun(const QuantizedPair& q, const std::byte* a, int64_t a_step, const std::byte* b, int64_t b_step,
                int64_t n, std::byte* y) {
  HWY_DYNAMIC_DISPATCH(CombineAny)(q, a, a_step, b, b_step, n, y);
}

void CombineOne(const QuantizedPair& q, const std::byte* a, const std::byte* b, std::byte* y) {
  const bool is_signed = q.dtype == DType::kI8;
  const double av = static_cast<double>(Bytes{a, is_signed}.at(0) - q.a_zero) * q.a_scale;
  const double bv = static_cast<double>(Bytes{b, is_signed}.at(0) - q.b_zero) * q.b_scale;
  StoreQuantized((q.product ? av * bv : av + bv) / q.y_scale, q.y_zero, q.dtype, y);
}

}  // namespace hasten::cpu
#endif
