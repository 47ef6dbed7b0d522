#include "kernels/cpu/int_tail.h"

#include <algorithm>
#include <limits>

#include "kernels/cpu/simd.h"
#include "ops/quantized.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/int_tail.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/tie_steps.inc"

HWY_BEFORE_NAMESPACE();
namespace hasten::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int64_t kCheckedRows = 8;  // whose distances from ties are looked at together

// Columns [j, j + n), n lanes at most.
class ColumnVector {
 public:
  ColumnVector(const Requantize& q, const SumRows& rows, int64_t j, int64_t n)
      : q_(q), column_(rows.column + j), n_(n), flip_(FlipOf(q.dtype)) {
    whole_ = hn::LoadU(DI(), q.whole + column_);
    multiplier_ = hn::Mul(hn::LoadU(D(), q.multiplier + column_), hn::Set(D(), kStep));
    const auto added = hn::LoadU(D(), q.rest + column_);
    added_ = hn::MulAdd(added, hn::Set(D(), kStep), hn::Set(D(), StepsOf(q.y_zero, q.dtype)));
    // Where they are no numbers, all is near a tie; beyond the columns, nothing is.
    const auto largest = hn::Set(D(), std::numeric_limits<float>::max());
    const auto finite = hn::And(hn::Le(hn::Abs(multiplier_), largest), hn::Le(hn::Abs(added_), largest));
    const auto valid = hn::FirstN(D(), static_cast<size_t>(n));
    multiplier_ = hn::IfThenElseZero(hn::And(valid, finite), multiplier_);
    added_ = hn::IfThenElse(valid, hn::IfThenElseZero(finite, added_), hn::Set(D(), kStep / 2));
  }

  // Of whole vectors.
  void Rows(const int32_t* c, int64_t step, int64_t rows, std::byte* y, int64_t y_step) const {
    const ColumnVector v = *this;  // in registers
    for (int64_t r = 0; r < rows; r += kCheckedRows) {
      const int64_t n = std::min(kCheckedRows, rows - r);
      auto least = hn::Set(DI(), -1);
      for (int64_t i = 0; i < n; ++i) least = Nearer(least, v.Row(c + i * step, y + i * y_step));
      if (HWY_UNLIKELY(AnyNearTie(least)))
        for (int64_t i = 0; i < n; ++i) v.Recompute(c + i * step, y + i * y_step);
      c += n * step;
      y += n * y_step;
    }
  }

  void NarrowRows(const int32_t* c, int64_t step, int64_t rows, std::byte* y, int64_t y_step) const {
    alignas(64) std::byte bytes[kTailPadding];
    for (int64_t r = 0; r < rows; ++r, c += step, y += y_step) {
      const bool near = AnyNearTie(Row(c, bytes));
      for (int64_t i = 0; i < n_; ++i) y[i] = bytes[i];
      if (HWY_UNLIKELY(near)) Recompute(c, y);
    }
  }

 private:
  HWY_INLINE hn::Vec<DI> Row(const int32_t* c, std::byte* y) const {
    const auto sum = hn::ConvertTo(D(), hn::Add(hn::LoadU(DI(), c), whole_));
    const auto steps = ToSteps(hn::MulAdd(sum, multiplier_, added_));
    StoreSteps(steps, flip_, y);
    return steps;
  }

  // In double, where the nearest tie is too near.
  HWY_NOINLINE void Recompute(const int32_t* c, std::byte* y) const {
    alignas(64) int32_t distances[kTailPadding];
    alignas(64) std::byte bytes[kTailPadding];
    const auto steps = Row(c, bytes);
    if (HWY_LIKELY(!AnyNearTie(steps))) return;
    hn::Store(TieDistance(steps), DI(), distances);
    for (int64_t i = 0; i < n_; ++i)
      if (distances[i] <= kNearTie) RequantizeOne(q_, c[i], column_ + i, y + i);
  }

  const Requantize& q_;
  int64_t column_, n_;
  hn::Vec<DI> whole_;
  hn::Vec<D> multiplier_, added_;
  Flip flip_;
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
      const auto scaled = hn::Mul(hn::ConvertTo(d, hn::LoadU(DI(), c + j)), hn::LoadU(d, scale + j));
      hn::StoreU(hn::Add(scaled, bias), d, y + j);
    }
    for (; j < rows.columns; ++j) {
      const float scaled = static_cast<float>(c[j]) * scale[j];  // one statement with the sum would be one operation
      y[j] = scaled + (added ? added[j] : 0.0f);
    }
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
  StoreQuantized((c + q.bias[column]) * q.scale[column] / q.y_scale, q.y_zero, q.dtype, y);
}

void StoreQuantized(double v, int32_t zero, DType t, std::byte* y) {
  if (std::isnan(v)) return Tensor{t, {}, y, nullptr, {}}.SetDouble(0, Quantize(v, zero, t));
  constexpr double kInteger = 0x1.8p52;  // what is added to it is rounded
  const double rounded = (std::clamp(v, -512.0, 512.0) + kInteger) - kInteger;
  const int32_t least = t == DType::kI8 ? -128 : 0;
  *y = static_cast<std::byte>(std::clamp(static_cast<int32_t>(rounded) + zero, least, least + 255));
}

}  // namespace hasten::cpu
#endif
