// Scales and zero points of integer convolutions and matrix products.
#pragma once
#include "ops/matrix.h"

namespace hasten {

// Input `i` holds one element.
Status RequireScalar(const InferCall& c, int i);
// One element, or a vector of `size` (of what: in words).
Status RequireScalarOr(const InferCall& c, int i, const Dim& size, std::string_view what);
// Input i, a zero point that says what an output is quantised to, is of a dtype of numbers (absent passes).
Status RequireNumbers(const InferCall& c, int i);
// Input `zero` has the dtype of input `of` (absent passes).
inline Status RequireZeroPoint(const InferCall& c, int zero, int of) {
  HASTEN_TRY(c.RequireTensor(zero));
  return c.RequireSameDType(of, zero);
}

// x -= the one element of `zero`.
void SubtractScalar(const Tensor& zero, std::span<double> x);
// Row r of `rows` equal ones -= element r of `zero`, or its only one.
void SubtractPerRow(const Tensor& zero, int64_t rows, std::span<double> x);

// Scale or zero point of the rows of A ([..., M, K]) or columns of B ([..., K, N]) of a matrix product: one element,
// one per row (column), or one per row (column) of every matrix.
Status RequirePerLine(const InferCall& c, int i, const Shape& matrix, bool columns);
// The value for line `line` of matrix `batch` of `lines` each.
double LineValue(const Tensor& t, int64_t batch, int64_t lines, int64_t line);
// y[batch, m, n] = sum over k of (a - a_zero) * (b - b_zero); zero points may be null.
Status MultiplyQuantized(const KernelCall& c, const Tensor& a, const Tensor* a_zero, const Tensor& b,
                         const Tensor* b_zero, std::span<double> y);

// round(v) + zero, saturated to an integer dtype, rounding half to even; v + zero for a float dtype.
double Quantize(double v, double zero, DType t);

// DynamicQuantizeLinear: x becomes u8 with the scale and zero point that its range asks for.
struct DynamicScale {
  float scale, zero;
};
DynamicScale QuantizeDynamically(std::span<double> x);

}  // namespace hasten
