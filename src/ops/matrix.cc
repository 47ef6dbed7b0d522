#include "ops/matrix.h"

#include "ops/elementwise.h"

namespace hasten {
namespace {

Shape Leading(const Shape& s, int drop) {
  return Shape(std::vector<Dim>(s.dims().begin(), s.dims().end() - std::min(drop, s.rank())));
}

void Read(const MatrixView& b, int64_t at, std::span<double> out) { ReadDoubles(*b.tensor, b.offset + at, out); }
void Read(const MatrixView& b, int64_t at, std::span<int64_t> out) { ReadInts(*b.tensor, b.offset + at, out); }

// Rows [k0, k0 + rows) and columns [n0, n0 + cols) of b, row-major.
template <class T>
void ReadPanel(const MatrixView& b, int64_t k0, int64_t rows, int64_t n0, int64_t cols, T* panel) {
  if (!b.transposed) {
    for (int64_t k = 0; k < rows; ++k)
      Read(b, (k0 + k) * b.cols + n0, std::span(panel + k * cols, static_cast<size_t>(cols)));
    return;
  }
  std::array<T, kPanelRows> line;
  for (int64_t n = 0; n < cols; ++n) {
    Read(b, (n0 + n) * b.inner + k0, std::span(line.data(), static_cast<size_t>(rows)));
    for (int64_t k = 0; k < rows; ++k) panel[k * cols + n] = line[static_cast<size_t>(k)];
  }
}

void AddRow(double factor, const double* __restrict x, int64_t n, double* __restrict y) {
  for (int64_t i = 0; i < n; ++i) y[i] += factor * x[i];
}

void AddRow(int64_t factor, const int64_t* __restrict x, int64_t n, int64_t* __restrict y) {
  for (int64_t i = 0; i < n; ++i)
    y[i] =
        static_cast<int64_t>(static_cast<uint64_t>(y[i]) + static_cast<uint64_t>(factor) * static_cast<uint64_t>(x[i]));
}

template <class T>
void MultiplyLanes(std::span<const T> a, const MatrixView& b, std::span<const T> minus, std::span<T> panel,
                   std::span<T> y) {
  const int64_t m_count = b.cols == 0 ? 0 : static_cast<int64_t>(y.size()) / b.cols;
  std::fill(y.begin(), y.end(), T{0});
  for (int64_t n0 = 0; n0 < b.cols; n0 += kPanelCols)
    for (int64_t k0 = 0; k0 < b.inner; k0 += kPanelRows) {
      const int64_t rows = std::min(kPanelRows, b.inner - k0), cols = std::min(kPanelCols, b.cols - n0);
      ReadPanel(b, k0, rows, n0, cols, panel.data());
      if (!minus.empty())
        for (int64_t i = 0; i < rows * cols; ++i) panel[i] -= minus[n0 + i % cols];
      for (int64_t m = 0; m < m_count; ++m)
        for (int64_t k = 0; k < rows; ++k)
          AddRow(a[m * b.inner + k0 + k], panel.data() + k * cols, cols, y.data() + m * b.cols + n0);
    }
}

}  // namespace

void Multiply(std::span<const double> a, const MatrixView& b, std::span<const double> minus, std::span<double> panel,
              std::span<double> y) {
  MultiplyLanes(a, b, minus, panel, y);
}

void Multiply(std::span<const int64_t> a, const MatrixView& b, std::span<int64_t> panel, std::span<int64_t> y) {
  MultiplyLanes(a, b, std::span<const int64_t>(), panel, y);
}

Status InferMatMul(InferCall& c, int a, int b, DType to) {
  HASTEN_TRY(c.RequireTensor(a));
  HASTEN_TRY(c.RequireTensor(b));
  const Shape &x = c.shape(a), &w = c.shape(b);
  HASTEN_REQUIRE((!x.ranked() || x.rank() > 0) && (!w.ranked() || w.rank() > 0), "operands must not be scalars");
  if (!x.ranked() || !w.ranked()) {
    c.Out(0, to, Shape::Unknown());
    return {};
  }
  const Dim &inner = x[x.rank() - 1], &other = w[std::max(0, w.rank() - 2)];
  HASTEN_REQUIRE(!NeverEqual(inner, other), "inner dims must agree, shapes are ", x, " and ", w);
  HASTEN_ASSIGN(Shape y, Broadcast(Leading(x, 2), Leading(w, 2)));
  if (x.rank() > 1) y.dims().push_back(x[x.rank() - 2]);
  if (w.rank() > 1) y.dims().push_back(w[w.rank() - 1]);
  c.Out(0, to, std::move(y));
  return {};
}

MatMulShape MatMulShapeOf(const Dims& a, const Dims& b) {
  MatMulShape s;
  s.inner = a.back();
  if (a.rank() > 1) s.rows = a[a.size() - 2];
  if (b.rank() > 1) s.cols = b.back();
  for (int i = 0; i + 2 < a.rank(); ++i) s.a_batch.push_back(a[i]);
  for (int i = 0; i + 2 < b.rank(); ++i) s.b_batch.push_back(b[i]);
  auto batch = BroadcastDims(s.a_batch, s.b_batch);
  HASTEN_CHECK(batch.ok());  // inference has passed
  s.batch = *batch;
  return s;
}

double MatMulFlops(const CostCall& c, int a, int b) {
  const auto x = c.in[static_cast<size_t>(a)].shape.Concrete(), w = c.in[static_cast<size_t>(b)].shape.Concrete();
  if (!x || !w || x->empty() || w->empty()) return 0;
  const MatMulShape s = MatMulShapeOf(*x, *w);
  return 2.0 * static_cast<double>(s.batch.elements()) * static_cast<double>(s.rows) * static_cast<double>(s.inner) *
         static_cast<double>(s.cols);
}

}  // namespace hasten
