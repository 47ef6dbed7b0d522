// What reductions and normalisations do to rows of f32, with vectors.  Sums follow a tree that depends on the length
// alone.
#pragma once
#include <cstdint>

namespace hasten::cpu {

enum class Fold : uint8_t { kSum, kAbs, kSquare, kExp, kMax, kMin, kProduct };

double FoldStart(Fold f);  // the result of no elements
double Combine(Fold f, double a, double b);
// Fold of x[i] - shift for i in [0, n).  Max and min pass NaN on.
double FoldRow(Fold f, const float* x, int64_t n, float shift = 0);
// Sum and sum of squares of x[i] - shift.
struct RowMoments {
  double sum = 0, squares = 0;
};
RowMoments MomentsOf(const float* x, int64_t n, float shift);
// The same of each of n columns of `rows` rows, about their means as f32 has them: about[i], sums[i], squares[i].
void ColumnMoments(const float* x, int64_t rows, int64_t n, float* about, float* sums, float* squares);
// total[i] = fold(total[i], x[i] - shift[i]); shift null: 0.
void FoldColumns(Fold f, const float* x, int64_t n, const float* shift, float* total);

// y[i] = ((x[i] - shift) * factor + offset) * scale[i] + bias[i]; scale null: 1, bias null: 0.  y may be x, here and
// below.
void NormalizeRow(const float* x, int64_t n, float shift, float factor, float offset, const float* scale,
                  const float* bias, float* y);
// y[i] = (x[i] - shift) * factor + bias
void AffineRow(const float* x, int64_t n, float shift, float factor, float bias, float* y);
// y[i] = (x[i] - shift[i]) * factor[i] + bias[i]; shift, bias null: 0.
void AffineColumns(const float* x, int64_t n, const float* shift, const float* factor, const float* bias, float* y);
// The same with all three, for `rows` rows of n.
void AffineRowsByColumns(const float* x, int64_t rows, int64_t n, const float* shift, const float* factor,
                         const float* bias, float* y);
// y[i] = a[i] + b[i]
void AddRows(const float* a, const float* b, int64_t n, float* y);
// y[i] = exp(x[i] - top), 0 where that is denormal; returns the sum.
double ExpRow(const float* x, int64_t n, float top, float* y);
void SoftmaxRow(const float* x, int64_t n, float* y);
void LogSoftmaxRow(const float* x, int64_t n, float* y);
// y[i] = exp(x[i] - shift[i]), 0 where that is denormal; total[i] += y[i].
void ExpColumns(const float* x, int64_t n, const float* shift, float* total, float* y);

}  // namespace hasten::cpu
