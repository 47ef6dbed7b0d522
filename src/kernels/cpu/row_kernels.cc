#include "kernels/cpu/row_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/row_kernels.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/vector_math.inc"

HWY_BEFORE_NAMESPACE();
namespace hasten::cpu::HWY_NAMESPACE {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr int64_t kBlock = 4096;  // elements summed in f32 before f64 takes over

HWY_INLINE Vf KeepNan(Vf total, Vf v) { return hn::IfThenElse(hn::IsNaN(total), total, v); }

// Element function, fold of vectors, and what changes nothing.
struct SumFold {
  static constexpr float kStart = 0;
  HWY_INLINE Vf Of(Vf total, Vf x) const { return hn::Add(total, x); }
  HWY_INLINE Vf Join(Vf a, Vf b) const { return hn::Add(a, b); }
};
struct AbsFold : SumFold {
  HWY_INLINE Vf Of(Vf total, Vf x) const { return hn::Add(total, hn::Abs(x)); }
};
struct SquareFold : SumFold {
  HWY_INLINE Vf Of(Vf total, Vf x) const { return hn::MulAdd(x, x, total); }
};
struct ExpFold : SumFold {
  HWY_INLINE Vf Of(Vf total, Vf x) const { return hn::Add(total, Exp(x)); }
};
struct MaxFold {
  static constexpr float kStart = -kInf;
  HWY_INLINE Vf Of(Vf total, Vf x) const { return KeepNan(total, AtLeast(x, total)); }
  HWY_INLINE Vf Join(Vf a, Vf b) const { return Of(a, b); }
};
struct MinFold {
  static constexpr float kStart = kInf;
  HWY_INLINE Vf Of(Vf total, Vf x) const { return KeepNan(total, AtMost(x, total)); }
  HWY_INLINE Vf Join(Vf a, Vf b) const { return Of(a, b); }
};
struct ProductFold {
  static constexpr float kStart = 1;
  HWY_INLINE Vf Of(Vf total, Vf x) const { return hn::Mul(total, x); }
  HWY_INLINE Vf Join(Vf a, Vf b) const { return hn::Mul(a, b); }
};

template <class F>
HWY_INLINE float JoinLanes(Vf v, F f) {
  if constexpr (std::is_base_of_v<SumFold, F>) return hn::GetLane(hn::SumOfLanes(Df(), v));
  HWY_ALIGN float lane[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(v, Df(), lane);
  for (size_t step = hn::Lanes(Df()) / 2; step > 0; step /= 2)
    for (size_t i = 0; i < step; ++i) lane[i] = hn::GetLane(f.Join(Splat(lane[i]), Splat(lane[i + step])));
  return lane[0];
}

template <class F>
HWY_INLINE float Block(const float* x, int64_t n, float shift, F f) {
  const Df d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const Vf s = Splat(shift);
  Vf t0 = Splat(F::kStart), t1 = t0, t2 = t0, t3 = t0;
  int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    t0 = f.Of(t0, hn::Sub(hn::LoadU(d, x + i), s));
    t1 = f.Of(t1, hn::Sub(hn::LoadU(d, x + i + lanes), s));
    t2 = f.Of(t2, hn::Sub(hn::LoadU(d, x + i + 2 * lanes), s));
    t3 = f.Of(t3, hn::Sub(hn::LoadU(d, x + i + 3 * lanes), s));
  }
  for (; i + lanes <= n; i += lanes) t0 = f.Of(t0, hn::Sub(hn::LoadU(d, x + i), s));
  if (i < n) {
    const Vf t = f.Of(t1, hn::Sub(LoadPart(x + i, n - i), s));
    t1 = hn::IfThenElse(hn::FirstN(d, static_cast<size_t>(n - i)), t, t1);
  }
  return JoinLanes(f.Join(f.Join(t0, t1), f.Join(t2, t3)), f);
}

template <class F>
HWY_INLINE double Row(Fold fold, const float* x, int64_t n, float shift, F f) {
  double total = FoldStart(fold);
  for (int64_t i = 0; i < n; i += kBlock)
    total = Combine(fold, total, static_cast<double>(Block(x + i, std::min(kBlock, n - i), shift, f)));
  return total;
}

// A product's rounding errors add up: in f64, whatever the vectors are.
double ProductOf(const float* x, int64_t n) {
  double p0 = 1, p1 = 1;
  int64_t i = 0;
  for (; i + 2 <= n; i += 2) p0 *= static_cast<double>(x[i]), p1 *= static_cast<double>(x[i + 1]);
  return i < n ? p0 * p1 * static_cast<double>(x[i]) : p0 * p1;
}

double RowFold(Fold fold, const float* x, int64_t n, float shift) {
  switch (fold) {
    case Fold::kSum: return Row(fold, x, n, shift, SumFold());
    case Fold::kAbs: return Row(fold, x, n, shift, AbsFold());
    case Fold::kSquare: return Row(fold, x, n, shift, SquareFold());
    case Fold::kExp: return Row(fold, x, n, shift, ExpFold());
    case Fold::kMax: return Row(fold, x, n, 0, MaxFold());
    case Fold::kMin: return Row(fold, x, n, 0, MinFold());
    case Fold::kProduct: return ProductOf(x, n);
  }
  return 0;
}

// The vectors of n elements: i is where one begins, `left` how many elements there are from there.
#define HASTEN_FOR_VECTORS(i, left, n) \
  for (int64_t i = 0, left = n; left > 0; i += static_cast<int64_t>(hn::Lanes(Df())), left = n - i)

template <class F>
HWY_INLINE void Columns(const float* x, int64_t n, const float* shift, float* total, F f) {
  HASTEN_FOR_VECTORS(i, left, n) {
    Vf v = LoadPart(x + i, left);
    if (shift) v = hn::Sub(v, LoadPart(shift + i, left));
    StorePart(f.Of(LoadPart(total + i, left), v), total + i, left);
  }
}

void ColumnsFold(Fold fold, const float* x, int64_t n, const float* shift, float* total) {
  switch (fold) {
    case Fold::kSum: return Columns(x, n, shift, total, SumFold());
    case Fold::kAbs: return Columns(x, n, shift, total, AbsFold());
    case Fold::kSquare: return Columns(x, n, shift, total, SquareFold());
    case Fold::kExp: return Columns(x, n, shift, total, ExpFold());
    case Fold::kMax: return Columns(x, n, nullptr, total, MaxFold());
    case Fold::kMin: return Columns(x, n, nullptr, total, MinFold());
    case Fold::kProduct: return Columns(x, n, nullptr, total, ProductFold());
  }
}

RowMoments MomentsOf(const float* x, int64_t n, float shift) {
  const Df d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const Vf s = Splat(shift);
  RowMoments total;
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t end = std::min(n, begin + kBlock);
    Vf sum0 = Splat(0), sum1 = sum0, squares0 = sum0, squares1 = sum0;
    int64_t i = begin;
    for (; i + 2 * lanes <= end; i += 2 * lanes) {
      const Vf v0 = hn::Sub(hn::LoadU(d, x + i), s), v1 = hn::Sub(hn::LoadU(d, x + i + lanes), s);
      sum0 = hn::Add(sum0, v0);
      sum1 = hn::Add(sum1, v1);
      squares0 = hn::MulAdd(v0, v0, squares0);
      squares1 = hn::MulAdd(v1, v1, squares1);
    }
    for (; i < end; i += lanes) {
      const int64_t left = end - i;
      Vf v = hn::Sub(LoadPart(x + i, left), s);
      if (left < lanes) v = hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(left)), v);
      sum0 = hn::Add(sum0, v);
      squares0 = hn::MulAdd(v, v, squares0);
    }
    total.sum += static_cast<double>(JoinLanes(hn::Add(sum0, sum1), SumFold()));
    total.squares += static_cast<double>(JoinLanes(hn::Add(squares0, squares1), SumFold()));
  }
  return total;
}

void NormalizeRow(const float* x, int64_t n, float shift, float factor, float offset, const float* scale,
                  const float* bias, float* y) {
  const Vf m = Splat(shift), f = Splat(factor), o = Splat(offset);
  HASTEN_FOR_VECTORS(i, left, n) {
    Vf v = hn::MulAdd(hn::Sub(LoadPart(x + i, left), m), f, o);
    if (scale && bias) {
      v = hn::MulAdd(v, LoadPart(scale + i, left), LoadPart(bias + i, left));
    } else if (scale) {
      v = hn::Mul(v, LoadPart(scale + i, left));
    } else if (bias) {
      v = hn::Add(v, LoadPart(bias + i, left));
    }
    StorePart(v, y + i, left);
  }
}

void AffineRow(const float* x, int64_t n, float shift, float factor, float bias, float* y) {
  const Vf s = Splat(shift), f = Splat(factor), b = Splat(bias);
  HASTEN_FOR_VECTORS(i, left, n) { StorePart(hn::MulAdd(hn::Sub(LoadPart(x + i, left), s), f, b), y + i, left); }
}

void AffineColumns(const float* x, int64_t n, const float* shift, const float* factor, const float* bias, float* y) {
  HASTEN_FOR_VECTORS(i, left, n) {
    Vf v = LoadPart(x + i, left);
    if (shift) v = hn::Sub(v, LoadPart(shift + i, left));
    v = hn::Mul(v, LoadPart(factor + i, left));
    if (bias) v = hn::Add(v, LoadPart(bias + i, left));
    StorePart(v, y + i, left);
  }
}

void ColumnMoments(const float* x, int64_t rows, int64_t n, float* about, float* sums, float* squares) {
  const Vf share = Splat(1 / static_cast<float>(rows));
  HASTEN_FOR_VECTORS(i, left, n) {
    Vf s0 = Splat(0), s1 = s0, q0 = s0, q1 = s0;
    int64_t r = 0;
    for (; r + 2 <= rows; r += 2) {
      s0 = hn::Add(s0, LoadPart(x + r * n + i, left));
      s1 = hn::Add(s1, LoadPart(x + (r + 1) * n + i, left));
    }
    if (r < rows) s0 = hn::Add(s0, LoadPart(x + r * n + i, left));
    const Vf mean = hn::Mul(hn::Add(s0, s1), share);
    s0 = s1 = Splat(0);
    for (r = 0; r + 2 <= rows; r += 2) {
      const Vf a = hn::Sub(LoadPart(x + r * n + i, left), mean), b = hn::Sub(LoadPart(x + (r + 1) * n + i, left), mean);
      s0 = hn::Add(s0, a);
      s1 = hn::Add(s1, b);
      q0 = hn::MulAdd(a, a, q0);
      q1 = hn::MulAdd(b, b, q1);
    }
    if (r < rows) {
      const Vf a = hn::Sub(LoadPart(x + r * n + i, left), mean);
      s0 = hn::Add(s0, a);
      q0 = hn::MulAdd(a, a, q0);
    }
    StorePart(mean, about + i, left);
    StorePart(hn::Add(s0, s1), sums + i, left);
    StorePart(hn::Add(q0, q1), squares + i, left);
  }
}

void AffineRowsByColumns(const float* x, int64_t rows, int64_t n, const float* shift, const float* factor,
                         const float* bias, float* y) {
  for (int64_t r = 0; r < rows; ++r) AffineColumns(x + r * n, n, shift, factor, bias, y + r * n);
}

void AddRows(const float* a, const float* b, int64_t n, float* y) {
  HASTEN_FOR_VECTORS(i, left, n) { StorePart(hn::Add(LoadPart(a + i, left), LoadPart(b + i, left)), y + i, left); }
}

double ExpRow(const float* x, int64_t n, float top, float* y) {
  const Df d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const Vf t = Splat(top);
  double total = 0;
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t end = std::min(n, begin + kBlock);
    Vf s0 = Splat(0), s1 = s0;
    int64_t i = begin;
    for (; i + 2 * lanes <= end; i += 2 * lanes) {
      const Vf e0 = ExpOrZero(hn::Sub(hn::LoadU(d, x + i), t)), e1 = ExpOrZero(hn::Sub(hn::LoadU(d, x + i + lanes), t));
      hn::StoreU(e0, d, y + i);
      hn::StoreU(e1, d, y + i + lanes);
      s0 = hn::Add(s0, e0);
      s1 = hn::Add(s1, e1);
    }
    for (; i < end; i += lanes) {
      const int64_t left = end - i;
      Vf e = ExpOrZero(hn::Sub(LoadPart(x + i, left), t));
      StorePart(e, y + i, left);
      if (left < lanes) e = hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(left)), e);
      s0 = hn::Add(s0, e);
    }
    total += static_cast<double>(JoinLanes(hn::Add(s0, s1), SumFold()));
  }
  return total;
}

void SoftmaxRow(const float* x, int64_t n, float* y) {
  const auto top = static_cast<float>(RowFold(Fold::kMax, x, n, 0));
  const double sum = ExpRow(x, n, top, y);
  AffineRow(y, n, 0, static_cast<float>(1 / sum), 0, y);
}

void LogSoftmaxRow(const float* x, int64_t n, float* y) {
  const auto top = static_cast<float>(RowFold(Fold::kMax, x, n, 0));
  const double sum = RowFold(Fold::kExp, x, n, top);
  AffineRow(x, n, top, 1, static_cast<float>(-std::log(sum)), y);
}

void ExpColumns(const float* x, int64_t n, const float* shift, float* total, float* y) {
  HASTEN_FOR_VECTORS(i, left, n) {
    const Vf e = ExpOrZero(hn::Sub(LoadPart(x + i, left), LoadPart(shift + i, left)));
    StorePart(e, y + i, left);
    StorePart(hn::Add(LoadPart(total + i, left), e), total + i, left);
  }
}

}  // namespace hasten::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hasten::cpu {
HWY_EXPORT(RowFold);
HWY_EXPORT(ColumnsFold);
HWY_EXPORT(MomentsOf);
HWY_EXPORT(NormalizeRow);
HWY_EXPORT(AffineRow);
HWY_EXPORT(AffineColumns);
HWY_EXPORT(ColumnMoments);
HWY_EXPORT(AffineRowsByColumns);
HWY_EXPORT(AddRows);
HWY_EXPORT(ExpRow);
HWY_EXPORT(SoftmaxRow);
HWY_EXPORT(LogSoftmaxRow);
HWY_EXPORT(ExpColumns);

double FoldStart(Fold f) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return f == Fold::kMax ? -kInfinity : f == Fold::kMin ? kInfinity : f == Fold::kProduct ? 1 : 0;
}

double Combine(Fold f, double a, double b) {
  switch (f) {
    case Fold::kMax: return std::isnan(a) || a > b ? a : b;
    case Fold::kMin: return std::isnan(a) || a < b ? a : b;
    case Fold::kProduct: return a * b;
    default: return a + b;
  }
}

double FoldRow(Fold f, const float* x, int64_t n, float shift) { return HWY_DYNAMIC_DISPATCH(RowFold)(f, x, n, shift); }
void FoldColumns(Fold f, const float* x, int64_t n, const float* shift, float* total) {
  HWY_DYNAMIC_DISPATCH(ColumnsFold)(f, x, n, shift, total);
}
RowMoments MomentsOf(const float* x, int64_t n, float shift) { return HWY_DYNAMIC_DISPATCH(MomentsOf)(x, n, shift); }
void NormalizeRow(const float* x, int64_t n, float shift, float factor, float offset, const float* scale,
                  const float* bias, float* y) {
  HWY_DYNAMIC_DISPATCH(NormalizeRow)(x, n, shift, factor, offset, scale, bias, y);
}
void AffineRow(const float* x, int64_t n, float shift, float factor, float bias, float* y) {
  HWY_DYNAMIC_DISPATCH(AffineRow)(x, n, shift, factor, bias, y);
}
void AffineColumns(const float* x, int64_t n, const float* shift, const float* factor, const float* bias, float* y) {
  HWY_DYNAMIC_DISPATCH(AffineColumns)(x, n, shift, factor, bias, y);
}
void ColumnMoments(const float* x, int64_t rows, int64_t n, float* about, float* sums, float* squares) {
  HWY_DYNAMIC_DISPATCH(ColumnMoments)(x, rows, n, about, sums, squares);
}
void AffineRowsByColumns(const float* x, int64_t rows, int64_t n, const float* shift, const float* factor,
                         const float* bias, float* y) {
  HWY_DYNAMIC_DISPATCH(AffineRowsByColumns)(x, rows, n, shift, factor, bias, y);
}
void AddRows(const float* a, const float* b, int64_t n, float* y) { HWY_DYNAMIC_DISPATCH(AddRows)(a, b, n, y); }
double ExpRow(const float* x, int64_t n, float top, float* y) { return HWY_DYNAMIC_DISPATCH(ExpRow)(x, n, top, y); }
void SoftmaxRow(const float* x, int64_t n, float* y) { HWY_DYNAMIC_DISPATCH(SoftmaxRow)(x, n, y); }
void LogSoftmaxRow(const float* x, int64_t n, float* y) { HWY_DYNAMIC_DISPATCH(LogSoftmaxRow)(x, n, y); }
void ExpColumns(const float* x, int64_t n, const float* shift, float* total, float* y) {
  HWY_DYNAMIC_DISPATCH(ExpColumns)(x, n, shift, total, y);
}

}  // namespace hasten::cpu
#endif
