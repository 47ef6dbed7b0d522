// Matrix products for references: shapes as numpy's matmul has them, and sums in a lane (double, or integers that
// wrap).
#pragma once
#include "ops/op.h"

namespace hasten {

// Output 0 of dtype `to`: the matmul shape of inputs a and b, given by their numbers.
Status InferMatMul(InferCall& c, int a, int b, DType to);
double MatMulFlops(const CostCall& c, int a, int b);

// numpy's matmul as a batch of products [rows, inner] x [inner, cols].
struct MatMulShape {
  int64_t rows = 1, inner = 1, cols = 1;
  Dims a_batch, b_batch, batch;  // of the operands and of the output, without the matrices
};
MatMulShape MatMulShapeOf(const Dims& a, const Dims& b);

// One matrix of `inner` x `cols` elements within a tensor, from element `offset` on; or stored as its transpose.
struct MatrixView {
  const Tensor* tensor = nullptr;
  int64_t offset = 0, inner = 0, cols = 0;
  bool transposed = false;
};

// Elements of the scratch that Multiply wants.
inline constexpr int64_t kPanelRows = 32, kPanelCols = 1024;
inline constexpr int64_t kPanelElements = kPanelRows * kPanelCols;

// y[m, n] = sum over k of a[m, k] * (b[k, n] - minus[n]), k ascending; an empty `minus` is zeros.  Integers wrap.
void Multiply(std::span<const double> a, const MatrixView& b, std::span<const double> minus, std::span<double> panel,
              std::span<double> y);
void Multiply(std::span<const int64_t> a, const MatrixView& b, std::span<int64_t> panel, std::span<int64_t> y);

}  // namespace hasten
