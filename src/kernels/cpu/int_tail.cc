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

// Results are computed in steps of 2^-16: of the sum of a half, the zero point and the quotient, the upper half of the
// bits is the result, the lower half its distance from a tie.  Results lie within 256 of the zero point; up to there,
// roundings to f32 are off by less than kOff steps.
constexpr float kStep = 0x1p16f, kOff = 8;
constexpr int64_t kCheckedRows = 8;  // whose distances from ties are looked at together

// NaN and what is too large become numbers whose lower half is 0, or 32-bit integers as large as they come.
HWY_INLINE hn::Vec<DI> ToSteps(hn::Vec<D> v) {
#if HWY_TARGET <= HWY_AVX3
  return hn::Vec<DI>{_mm512_cvtps_epi32(v.raw)};  // NearestInt takes three for it
#else
  return hn::NearestInt(v);
#endif
}

HWY_INLINE hn::Vec<hn::Rebind<int8_t, D>> Saturate(hn::Vec<DI> v) {
#if HWY_TARGET <= HWY_AVX3
  hn::Vec<hn::Rebind<int8_t, D>> bytes{_mm512_cvtsepi32_epi8(v.raw)};
  asm("" : "+v"(bytes.raw));  // not vpmovsdb to memory, which some machines take long for
  return bytes;
#else
  return hn::DemoteTo(hn::Rebind<int8_t, D>(), v);
#endif
}

// Columns [j, j + n), n lanes at most.
class ColumnVector {
 public:
  ColumnVector(const Requantize& q, const SumRows& rows, int64_t j, int64_t n)
      : q_(q), column_(rows.column + j), n_(n) {
    const auto valid = hn::FirstN(D(), static_cast<size_t>(n));
    const auto step = hn::Set(D(), kStep);
    const bool is_signed = q.dtype == DType::kI8;  // u8: less 128, which flips the upper bit
    const auto zero = static_cast<float>(q.y_zero - (is_signed ? 0 : 128));
    flip_ = hn::Set(hn::Rebind<int8_t, D>(), is_signed ? int8_t{0} : int8_t{-128});
    whole_ = hn::LoadU(DI(), q.whole + column_);
    multiplier_ = hn::IfThenElseZero(valid, hn::Mul(hn::LoadU(D(), q.multiplier + column_), step));
    added_ = hn::IfThenElseZero(valid, hn::Mul(hn::LoadU(D(), q.rest + column_), step));
    added_ = hn::Add(added_, hn::Set(D(), (zero + 0.5f) * kStep + kOff));
  }

  // Of whole vectors.
  void Rows(const int32_t* c, int64_t step, int64_t rows, std::byte* y, int64_t y_step) const {
    const ColumnVector v = *this;  // in registers
    for (int64_t r = 0; r < rows; r += kCheckedRows) {
      const int64_t n = std::min(kCheckedRows, rows - r);
      auto least = hn::Set(Halves(), uint16_t{0xffff});
      for (int64_t i = 0; i < n; ++i)
        least = hn::Min(least, hn::BitCast(Halves(), v.Row(c + i * step, reinterpret_cast<int8_t*>(y + i * y_step))));
      if (HWY_UNLIKELY(Near(least)))
        for (int64_t i = 0; i < n; ++i) v.Recompute(c + i * step, y + i * y_step);
      c += n * step;
      y += n * y_step;
    }
  }

  void NarrowRows(const int32_t* c, int64_t step, int64_t rows, std::byte* y, int64_t y_step) const {
    alignas(64) int8_t bytes[kTailPadding];
    for (int64_t r = 0; r < rows; ++r, c += step, y += y_step) {
      const bool near = Near(hn::BitCast(Halves(), Row(c, bytes)));
      for (int64_t i = 0; i < n_; ++i) y[i] = static_cast<std::byte>(bytes[i]);
      if (HWY_UNLIKELY(near)) Recompute(c, y);
    }
  }

 private:
  using Halves = hn::Repartition<uint16_t, DI>;

  // Returns the steps.
  HWY_INLINE hn::Vec<DI> Row(const int32_t* c, int8_t* y) const {
    const auto sum = hn::ConvertTo(D(), hn::Add(hn::LoadU(DI(), c), whole_));
    const auto steps = ToSteps(hn::MulAdd(sum, multiplier_, added_));
    hn::StoreU(hn::Xor(Saturate(hn::ShiftRight<16>(steps)), flip_), hn::Rebind<int8_t, D>(), y);
    return steps;
  }
  static HWY_INLINE hn::Vec<DI> Distance(hn::Vec<hn::Repartition<uint16_t, DI>> steps) {
    return hn::And(hn::BitCast(DI(), steps), hn::Set(DI(), 0xffff));
  }
  static HWY_INLINE bool Near(hn::Vec<hn::Repartition<uint16_t, DI>> steps) {
    return !hn::AllTrue(DI(), hn::Gt(Distance(steps), hn::Set(DI(), static_cast<int32_t>(2 * kOff))));
  }

  // In double, where the nearest tie is too near.
  HWY_NOINLINE void Recompute(const int32_t* c, std::byte* y) const {
    alignas(64) int32_t distances[kTailPadding];
    alignas(64) int8_t bytes[kTailPadding];
    const auto steps = hn::BitCast(Halves(), Row(c, bytes));
    if (HWY_LIKELY(!Near(steps))) return;
    hn::Store(Distance(steps), DI(), distances);
    for (int64_t i = 0; i < n_; ++i)
      if (distances[i] <= static_cast<int32_t>(2 * kOff)) RequantizeOne(q_, c[i], column_ + i, y + i);
  }

  const Requantize& q_;
  int64_t column_, n_;
  hn::Vec<DI> whole_;
  hn::Vec<D> multiplier_, added_;
  hn::Vec<hn::Rebind<int8_t, D>> flip_;
};

void RequantizeAny(const Requantize& q, const SumRows& c, std::byte* y, int64_t y_step) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(D()));
  if (c.columns < lanes) return ColumnVector(q, c, 0, c.columns).NarrowRows(c.sums, c.step, c.rows, y, y_step);
  // The last vector overlaps the one before.
  for (int64_t at = 0; at < c.columns; at += lanes) {
    const int64_t j = std::min(at, c.columns - lanes);
    ColumnVector(q, c, j, lanes).Rows(c.sums + j, c.step, c.rows, y + j, y_step);
  }
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
  StoreInteger(v, q.dtype, y);
}

}  // namespace hasten::cpu
#endif
