#include "kernels/cpu/int_tail.h"

#include <algorithm>

#include "kernels/cpu/simd.h"
#include "ops/quantized.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/int_tail.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hasten::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using DI = hn::RebindToSigned<D>;

// Beyond this every zero point saturates.  Up to here four roundings to f32 are off by less than 2^-12.
constexpr float kFar = 512, kNear = 0.5f - 0x1p-12f;

template <class T>
void Requantize8(const Requantize& q, const int32_t* c, int64_t column, int64_t n, std::byte* y) {
  const D d;
  const DI di;
  const hn::Rebind<T, D> narrow;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto zero = hn::Set(di, q.y_zero);
  const auto low = hn::Set(d, -kFar), high = hn::Set(d, kFar), near = hn::Set(d, kNear);
  T* out = reinterpret_cast<T*>(y);
  // The last vector overlaps the one before.
  for (int64_t at = 0; n >= lanes && at < n; at += lanes) {
    const int64_t j = std::min(at, n - lanes);
    const auto sum = hn::ConvertTo(d, hn::Add(hn::LoadU(di, c + j), hn::LoadU(di, q.whole + column + j)));
    auto v = hn::MulAdd(sum, hn::LoadU(d, q.multiplier + column + j), hn::LoadU(d, q.rest + column + j));
    v = hn::IfThenElse(hn::Lt(v, low), low, v);  // NaN stays NaN
    v = hn::IfThenElse(hn::Gt(v, high), high, v);
    const auto rounded = hn::NearestInt(v);
    const auto distance = hn::Abs(hn::Sub(v, hn::ConvertTo(d, rounded)));
    if (HWY_LIKELY(hn::AllTrue(d, hn::Lt(distance, near)))) {
      hn::StoreU(hn::DemoteTo(narrow, hn::Add(rounded, zero)), narrow, out + j);
    } else {
      for (int64_t i = j; i < j + lanes; ++i) RequantizeOne(q, c[i], column + i, y + i);
    }
  }
  if (n < lanes)
    for (int64_t j = 0; j < n; ++j) RequantizeOne(q, c[j], column + j, y + j);
}

void RequantizeAny(const Requantize& q, const int32_t* c, int64_t column, int64_t n, std::byte* y) {
  if (q.dtype == DType::kI8) return Requantize8<int8_t>(q, c, column, n, y);
  Requantize8<uint8_t>(q, c, column, n, y);
}

void Floats(const ToFloats& t, const int32_t* c, int64_t column, int64_t n, float* y) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t j = 0;
  for (; j + lanes <= n; j += lanes) {
    const auto bias = t.bias ? hn::LoadU(d, t.bias + column + j) : hn::Zero(d);
    const auto v = hn::ConvertTo(d, hn::LoadU(DI(), c + j));
    hn::StoreU(hn::MulAdd(v, hn::LoadU(d, t.scale + column + j), bias), d, y + j);
  }
  for (; j < n; ++j) y[j] = static_cast<float>(c[j]) * t.scale[column + j] + (t.bias ? t.bias[column + j] : 0.0f);
}

}  // namespace hasten::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hasten::cpu {
namespace {

HWY_EXPORT(RequantizeAny);
HWY_EXPORT(Floats);

}  // namespace

void RequantizeRow(const Requantize& q, const int32_t* c, int64_t column, int64_t n, std::byte* y) {
  HWY_DYNAMIC_DISPATCH(RequantizeAny)(q, c, column, n, y);
}
void ToFloatsRow(const ToFloats& t, const int32_t* c, int64_t column, int64_t n, float* y) {
  HWY_DYNAMIC_DISPATCH(Floats)(t, c, column, n, y);
}

void RequantizeOne(const Requantize& q, int32_t c, int64_t column, std::byte* y) {
  const double v = Quantize((c + q.bias[column]) * q.scale[column] / q.y_scale, static_cast<double>(q.y_zero), q.dtype);
  Tensor{q.dtype, {}, y, nullptr, {}}.SetDouble(0, v);
}

}  // namespace hasten::cpu
#endif
