#include "ops/op.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(c.RequireTensor(0));
  const Shape& x = c.shape(0);
  c.Out(0, DType::kI64, {x.ranked() ? Dim(x.rank()) : Dim::Fresh(), Dim::Fresh()});
  return {};
}

Status Eval(KernelCall& c) {
  const Tensor& x = c.input(0);
  const int rank = x.dims.rank();
  std::vector<int64_t> hits;
  for (int64_t i = 0; i < x.elements(); ++i)
    if (IsFloat(x.dtype) ? x.Double(i) != 0 : x.Int(i) != 0) hits.push_back(i);
  const auto n = static_cast<int64_t>(hits.size());
  HASTEN_ASSIGN(Tensor * y, c.Allocate(0, DType::kI64, {rank, n}));
  const Dims strides = StridesOf(x.dims);
  for (int64_t h = 0; h < n; ++h)
    for (int d = 0; d < rank; ++d) y->as<int64_t>()[d * n + h] = hits[static_cast<size_t>(h)] / strides[d] % x.dims[d];
  return {};
}

constexpr OnnxVersion kVersions[] = {{9}, {13}};

std::vector<Sample> Samples() {
  return {{"some", {{DType::kF32, {2, 3}, 0, 0, {0, 1, 0, 2, 0, 3}}}},
          {"none", {{DType::kI32, {4}, 0, 0}}},
          {"scalar", {{DType::kF32, {}, 1, 2}}},
          {"empty", {{DType::kBool, {0, 3}}}}};
}

}  // namespace

extern const OpDef kNonZero = {
    .name = "NonZero",
    .doc =
        "Indices of the non-zero elements in row-major order. x: [d0, ...] of rank r; y: i64 [r, n], n depends on the "
        "data.",
    .arity = {1, 1},
    .onnx = {"", "NonZero", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops
