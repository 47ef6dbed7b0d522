#include "ops/elementwise.h"

namespace hasten::ops::microsoft {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(InferFloats(c));
  const Shape& x = c.shape(0);
  if (!x.ranked()) return {};
  HASTEN_REQUIRE(x.rank() >= 2 && !NeverEqual(x[x.rank() - 1], x[x.rank() - 2]),
                 "input must hold square matrices, has shape ", x);
  return {};
}

// Gauss-Jordan elimination with row exchanges; `a` is used up.
void Invert(double* a, double* y, int64_t n) {
  for (int64_t i = 0; i < n * n; ++i) y[i] = i / n == i % n ? 1 : 0;
  for (int64_t k = 0; k < n; ++k) {
    int64_t pivot = k;
    for (int64_t i = k + 1; i < n; ++i)
      if (std::abs(a[i * n + k]) > std::abs(a[pivot * n + k])) pivot = i;
    if (pivot != k) {
      std::swap_ranges(a + k * n, a + (k + 1) * n, a + pivot * n);
      std::swap_ranges(y + k * n, y + (k + 1) * n, y + pivot * n);
    }
    const double divisor = a[k * n + k];
    for (int64_t j = 0; j < n; ++j) {
      a[k * n + j] /= divisor;
      y[k * n + j] /= divisor;
    }
    for (int64_t i = 0; i < n; ++i) {
      const double factor = a[i * n + k];
      if (i == k || factor == 0) continue;
      for (int64_t j = 0; j < n; ++j) {
        a[i * n + j] -= factor * a[k * n + j];
        y[i * n + j] -= factor * y[k * n + j];
      }
    }
  }
}

Status Eval(KernelCall& c) {
  const int64_t n = c.input(0).dims.back();
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto y, c.Scratch<double>(c.output(0).elements()));
  for (int64_t at = 0; n > 0 && at < static_cast<int64_t>(x.size()); at += n * n) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    Invert(x.data() + at, y.data() + at, n);
  }
  WriteDoubles(&c.output(0), 0, y);
  return {};
}

double Flops(const CostCall& c) {
  const auto dims = c.in[0].shape.Concrete();
  return dims ? 4.0 * static_cast<double>(dims->elements()) * static_cast<double>(dims->back()) : 0;
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  return {{"one matrix", {{DType::kF32, {3, 3}}}},
          {"batch", {{DType::kF64, {2, 3, 5, 5}}}},
          {"rows change places", {{DType::kF32, {2, 2}, 0, 0, {0, 1, 2, 0}}}},
          {"one by one", {{DType::kF32, {1, 1}, 1, 2}}},
          {"no matrices", {{DType::kF32, {0, 3, 3}}}}};
}

}  // namespace

extern const OpDef kInverse = {
    .name = "com.microsoft.Inverse",
    .doc = "y = x^-1 of every matrix; infinities or NaN where there is none. x, y: float [..., N, N].",
    .arity = {1, 1},
    .onnx = {"com.microsoft", "Inverse", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = Flops,
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
