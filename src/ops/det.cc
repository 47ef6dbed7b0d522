#include "ops/movement.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 1));
  const Shape& x = c.shape(0);
  if (!x.ranked()) {
    c.Out(0, c.dtype(0), Shape::Unknown());
    return {};
  }
  HASTEN_REQUIRE(x.rank() >= 2 && !NeverEqual(x[x.rank() - 1], x[x.rank() - 2]),
                 "input must hold square matrices, has shape ", x);
  return OutShape(c, 0, c.dtype(0), Shape(std::vector<Dim>(x.dims().begin(), x.dims().end() - 2)));
}

// Gaussian elimination with row exchanges; `a` is used up.
double Determinant(double* a, int64_t n) {
  double det = 1;
  for (int64_t k = 0; k < n; ++k) {
    int64_t pivot = k;
    for (int64_t i = k + 1; i < n; ++i)
      if (std::abs(a[i * n + k]) > std::abs(a[pivot * n + k])) pivot = i;
    if (a[pivot * n + k] == 0) return 0;
    if (pivot != k) {
      std::swap_ranges(a + k * n, a + (k + 1) * n, a + pivot * n);
      det = -det;
    }
    det *= a[k * n + k];
    for (int64_t i = k + 1; i < n; ++i) {
      const double factor = a[i * n + k] / a[k * n + k];
      for (int64_t j = k + 1; j < n; ++j) a[i * n + j] -= factor * a[k * n + j];
    }
  }
  return det;
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  HASTEN_REQUIRE(IsFloat(y->dtype), "input must be floats, is ", Name(y->dtype));
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  const int64_t n = c.input(0).dims.back();
  for (int64_t i = 0; i < y->elements(); ++i) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    y->SetDouble(i, Determinant(x.data() + i * n * n, n));
  }
  return {};
}

double Flops(const CostCall& c) {
  const auto dims = c.in[0].shape.Concrete();
  return dims ? static_cast<double>(dims->elements()) * static_cast<double>(dims->back()) * 2 / 3 : 0;
}

constexpr OnnxVersion kVersions[] = {{11}, {22}};

std::vector<Sample> Samples() {
  return {{"one matrix", {{DType::kF32, {3, 3}}}},
          {"batch", {{DType::kF32, {2, 3, 5, 5}}}},
          {"1 by 1", {{DType::kF64, {4, 1, 1}}}},
          {"0 by 0", {{DType::kF32, {2, 0, 0}}}},
          {"rows must change places", {{DType::kF32, {2, 2}, 0, 0, {0, 1, 1, 0}}}},
          {"singular", {{DType::kF32, {3, 3}, 0, 0, {1, 2, 3, 2, 4, 6, 0, 1, 1}}}},
          {"no matrices", {{DType::kF32, {0, 2, 2}}}}};
}

}  // namespace

extern const OpDef kDet = {
    .name = "Det",
    .doc = "y[b..] = determinant of x[b.., :, :]. x: float [b.., n, n]; y: [b..].",
    .arity = {1, 1},
    .onnx = {"", "Det", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = Flops,
    .samples = Samples,
};

}  // namespace hasten::ops
