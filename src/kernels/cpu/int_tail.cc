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

// Results lie within 255 of the zero point: up to there, roundings to f32 are off by less than 2^-13.
constexpr float kNear = 0.5f - 0x1p-13f;
// A float of this size is an integer: what is added to it is rounded.  Its low byte is 0.
constexpr float kInteger = 0x1.8p23f;
constexpr int64_t kCheckedRows = 8;  // whose distances from ties are looked at together

// The low bytes of lanes.
HWY_INLINE void StoreLow(hn::Vec<DI> v, uint8_t* y) {
#if HWY_TARGET <= HWY_AVX3
  __m128i bytes = _mm512_cvtepi32_epi8(v.raw);
  asm("" : "+v"(bytes));  // not vpmovdb to memory, which some machines take long for
  _mm_storeu_si128(reinterpret_cast<__m128i*>(y), bytes);
#else
  const hn::Rebind<uint8_t, D> narrow;
  hn::StoreU(hn::TruncateTo(narrow, hn::BitCast(hn::RebindToUnsigned<D>(), v)), narrow, y);
#endif
}

// NaN stays NaN.
HWY_INLINE hn::Vec<D> Clamp(hn::Vec<D> v, hn::Vec<D> low, hn::Vec<D> high) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_SSE2
  return hn::Min(high, hn::Max(low, v));  // the second operand wherever one is NaN
#else
  v = hn::IfThenElse(hn::Lt(v, low), low, v);
  return hn::IfThenElse(hn::Gt(v, high), high, v);
#endif
}

// Columns [j, j + n), n lanes at most; results are bytes, whether u8 or i8.
class ColumnVector {
 public:
  ColumnVector(const Requantize& q, const SumRows& rows, int64_t j, int64_t n)
      : q_(q), column_(rows.column + j), n_(n) {
    const auto valid = hn::FirstN(D(), static_cast<size_t>(n));
    whole_ = hn::LoadU(DI(), q.whole + column_);
    multiplier_ = hn::IfThenElseZero(valid, hn::LoadU(D(), q.multiplier + column_));
    rest_ = hn::IfThenElseZero(valid, hn::LoadU(D(), q.rest + column_));
    const auto zero = static_cast<float>(q.y_zero), least = q.dtype == DType::kI8 ? -128.0f : 0.0f;
    integer_ = hn::Set(D(), kInteger + zero);
    low_ = hn::Set(D(), least - zero);
    high_ = hn::Set(D(), least + 255.0f - zero);
  }

  // Of whole vectors.
  void Rows(const int32_t* c, int64_t step, int64_t rows, uint8_t* y, int64_t y_step) const {
    const ColumnVector v = *this;  // in registers
    for (int64_t r = 0; r < rows; r += kCheckedRows) {
      const int64_t n = std::min(kCheckedRows, rows - r);
      auto most = hn::Zero(DI());
      for (int64_t i = 0; i < n; ++i) most = hn::Max(most, v.Row(c + i * step, y + i * y_step));
      if (HWY_UNLIKELY(Near(most)))
        for (int64_t i = 0; i < n; ++i) v.Recompute(c + i * step, y + i * y_step);
      c += n * step;
      y += n * y_step;
    }
  }

  void NarrowRows(const int32_t* c, int64_t step, int64_t rows, uint8_t* y, int64_t y_step) const {
    alignas(64) uint8_t bytes[kTailPadding];
    for (int64_t r = 0; r < rows; ++r, c += step, y += y_step) {
      const bool near = Near(Row(c, bytes));
      for (int64_t i = 0; i < n_; ++i) y[i] = bytes[i];
      if (HWY_UNLIKELY(near)) Recompute(c, y);
    }
  }

 private:
  // Returns the bits of the distances from the nearest integers: as integers, those of NaN are the largest.
  HWY_INLINE hn::Vec<DI> Row(const int32_t* c, uint8_t* y) const {
    auto v = hn::MulAdd(hn::ConvertTo(D(), hn::Add(hn::LoadU(DI(), c), whole_)), multiplier_, rest_);
    v = Clamp(v, low_, high_);
    const auto rounded = hn::Add(v, integer_);
    StoreLow(hn::BitCast(DI(), rounded), y);
    return hn::BitCast(DI(), hn::Abs(hn::Sub(v, hn::Sub(rounded, integer_))));
  }
  static HWY_INLINE bool Near(hn::Vec<DI> distance) {
    return !hn::AllTrue(DI(), hn::Lt(distance, hn::BitCast(DI(), hn::Set(D(), kNear))));
  }

  // In double, where the nearest tie is too near.
  HWY_NOINLINE void Recompute(const int32_t* c, uint8_t* y) const {
    alignas(64) float distances[kTailPadding];
    alignas(64) uint8_t bytes[kTailPadding];
    hn::Store(hn::BitCast(D(), Row(c, bytes)), D(), distances);
    for (int64_t i = 0; i < n_; ++i)
      if (!(distances[i] < kNear)) RequantizeOne(q_, c[i], column_ + i, reinterpret_cast<std::byte*>(y + i));
  }

  const Requantize& q_;
  int64_t column_, n_;
  hn::Vec<DI> whole_;
  hn::Vec<D> multiplier_, rest_, integer_, low_, high_;
};

void RequantizeAny(const Requantize& q, const SumRows& c, uint8_t* y, int64_t y_step) {
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
  HWY_DYNAMIC_DISPATCH(RequantizeAny)(q, c, reinterpret_cast<uint8_t*>(y), y_step);
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
