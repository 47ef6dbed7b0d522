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

// Columns [j, j + n) of each row, n lanes at most.
template <class T>
void RequantizeColumns(const Requantize& q, const SumRows& rows, int64_t j, int64_t n, T* y, int64_t y_step) {
  const D d;
  const DI di;
  const hn::Rebind<T, D> narrow;
  const auto zero = hn::Set(di, q.y_zero);
  const auto low = hn::Set(d, -kFar), high = hn::Set(d, kFar), near = hn::Set(d, kNear);
  const auto whole = hn::LoadU(di, q.whole + rows.column + j);
  const auto multiplier = hn::LoadU(d, q.multiplier + rows.column + j), rest = hn::LoadU(d, q.rest + rows.column + j);
  const auto beyond = hn::Not(hn::FirstN(d, static_cast<size_t>(n)));
  const bool all = n == static_cast<int64_t>(hn::Lanes(d));
  alignas(64) T bytes[kTailPadding];
  alignas(64) float distances[kTailPadding];
  const int32_t* c = rows.sums + j;
  T* out = y + j;
  for (int64_t r = 0; r < rows.rows; ++r, c += rows.step, out += y_step) {
    auto v = hn::MulAdd(hn::ConvertTo(d, hn::Add(hn::LoadU(di, c), whole)), multiplier, rest);
    v = hn::IfThenElse(hn::Lt(v, low), low, v);  // NaN stays NaN
    v = hn::IfThenElse(hn::Gt(v, high), high, v);
    const auto rounded = hn::NearestInt(v);
    const auto distance = hn::Abs(hn::Sub(v, hn::ConvertTo(d, rounded)));
    const auto result = hn::DemoteTo(narrow, hn::Add(rounded, zero));
    if (HWY_LIKELY(all)) {
      hn::StoreU(result, narrow, out);
    } else {
      hn::StoreU(result, narrow, bytes);
      std::copy_n(bytes, n, out);
    }
    if (HWY_LIKELY(hn::AllTrue(d, hn::Or(hn::Lt(distance, near), beyond)))) continue;
    hn::StoreU(distance, d, distances);
    for (int64_t i = 0; i < n; ++i)
      if (!(distances[i] < kNear)) RequantizeOne(q, c[i], rows.column + j + i, reinterpret_cast<std::byte*>(out + i));
  }
}

template <class T>
void Requantize8(const Requantize& q, const SumRows& c, T* y, int64_t y_step) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(D()));
  if (c.columns < lanes) return RequantizeColumns(q, c, 0, c.columns, y, y_step);
  // The last vector overlaps the one before.
  for (int64_t j = 0; j < c.columns; j += lanes)
    RequantizeColumns(q, c, std::min(j, c.columns - lanes), lanes, y, y_step);
}

void RequantizeAny(const Requantize& q, const SumRows& c, std::byte* y, int64_t y_step) {
  if (q.dtype == DType::kI8) return Requantize8(q, c, reinterpret_cast<int8_t*>(y), y_step);
  Requantize8(q, c, reinterpret_cast<uint8_t*>(y), y_step);
}

void Floats(const ToFloats& t, const SumRows& rows, float* y, int64_t y_step) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const float *scale = t.scale + rows.column, *added = t.bias ? t.bias + rows.column : nullptr;
  const int32_t* c = rows.sums;
  for (int64_t r = 0; r < rows.rows; ++r, c += rows.step, y += y_step) {
    int64_t j = 0;
    for (; j + lanes <= rows.columns; j += lanes) {
      const auto bias = added ? hn::LoadU(d, added + j) : hn::Zero(d);
      hn::StoreU(hn::MulAdd(hn::ConvertTo(d, hn::LoadU(DI(), c + j)), hn::LoadU(d, scale + j), bias), d, y + j);
    }
    for (; j < rows.columns; ++j) y[j] = static_cast<float>(c[j]) * scale[j] + (added ? added[j] : 0.0f);
  }
}

}  // namespace hasten::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hasten::cpu {
namespace {

HWY_EXPORT(RequantizeAny);
HWY_EXPORT(Floats);

}  // namespace

void RequantizeRows(const Requantize& q, const SumRows& c, std::byte* y, int64_t y_step) {
  HWY_DYNAMIC_DISPATCH(RequantizeAny)(q, c, y, y_step);
}
void ToFloatsRows(const ToFloats& t, const SumRows& c, float* y, int64_t y_step) {
  HWY_DYNAMIC_DISPATCH(Floats)(t, c, y, y_step);
}

void RequantizeOne(const Requantize& q, int32_t c, int64_t column, std::byte* y) {
  const double v = Quantize((c + q.bias[column]) * q.scale[column] / q.y_scale, static_cast<double>(q.y_zero), q.dtype);
  Tensor{q.dtype, {}, y, nullptr, {}}.SetDouble(0, v);
}

}  // namespace hasten::cpu
#endif
