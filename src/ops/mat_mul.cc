#include "ops/elementwise.h"
#include "ops/matrix.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(c.RequireSameDType(0, 1));
  return InferMatMul(c, 0, 1, c.dtype(0));
}

void Product(std::span<const double> a, const MatrixView& b, std::span<double> panel, std::span<double> y) {
  Multiply(a, b, {}, panel, y);
}
void Product(std::span<const int64_t> a, const MatrixView& b, std::span<int64_t> panel, std::span<int64_t> y) {
  Multiply(a, b, panel, y);
}

// y for all matrices of the batch, `a` in a lane.
template <class T>
Status Batches(const KernelCall& c, std::span<const T> a, std::span<T> y) {
  const MatMulShape s = MatMulShapeOf(c.input(0).dims, c.input(1).dims);
  HASTEN_ASSIGN(const auto panel, c.Scratch<T>(kPanelElements));
  BroadcastWalk at(s.a_batch, s.batch), bt(s.b_batch, s.batch);
  const auto a_size = static_cast<size_t>(s.rows * s.inner), y_size = static_cast<size_t>(s.rows * s.cols);
  for (int64_t i = 0; i < s.batch.elements(); ++i, at.Next(), bt.Next()) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    const MatrixView b{&c.input(1), bt.offset() * s.inner * s.cols, s.inner, s.cols};
    Product(a.subspan(static_cast<size_t>(at.offset()) * a_size, a_size), b, panel,
            y.subspan(static_cast<size_t>(i) * y_size, y_size));
  }
  return {};
}

Status Eval(KernelCall& c) {
  Tensor& y = c.output(0);
  if (LaneOf(y.dtype) == Lane::kDouble) {
    HASTEN_ASSIGN(const auto a, c.Doubles(0));
    HASTEN_ASSIGN(const auto out, c.Scratch<double>(y.elements()));
    HASTEN_TRY(Batches<double>(c, a, out));
    WriteDoubles(&y, 0, out);
    return {};
  }
  HASTEN_ASSIGN(const auto a, c.Ints(0));
  HASTEN_ASSIGN(const auto out, c.Scratch<int64_t>(y.elements()));
  HASTEN_TRY(Batches<int64_t>(c, a, out));
  WriteInts(&y, 0, out);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}, {9}, {13}};

std::vector<Sample> Samples() {
  constexpr DType kF = DType::kF32;
  return {{"2-D", {{kF, {3, 7}}, {kF, {7, 5}}}},
          {"batches broadcast both ways", {{kF, {4, 1, 3, 5}}, {kF, {2, 5, 2}}}},
          {"vector left", {{kF, {5}}, {kF, {2, 5, 3}}}},
          {"vector right", {{kF, {2, 3, 5}}, {kF, {5}}}},
          {"dot", {{kF, {11}}, {kF, {11}}}},
          {"one by one", {{kF, {1, 1}}, {kF, {1, 1}}}},
          {"no inner elements give zeros", {{kF, {3, 0}}, {kF, {0, 2}}}},
          {"no rows", {{kF, {0, 4}}, {kF, {4, 2}}}},
          {"longer than a panel", {{kF, {2, 67}}, {kF, {67, 1031}}}},
          {"f16", {{DType::kF16, {3, 5}}, {DType::kF16, {5, 2}}}},
          {"bf16", {{DType::kBF16, {3, 5}}, {DType::kBF16, {5, 2}}}},
          {"f64", {{DType::kF64, {3, 5}}, {DType::kF64, {5, 2}}}},
          {"i64", {{DType::kI64, {3, 5}, -9, 9}, {DType::kI64, {5, 2}, -9, 9}}},
          {"u32 wraps", {{DType::kU32, {2, 2}, 0, 0, {4e9, 3e9, 1, 2}}, {DType::kU32, {2, 2}, 0, 0, {3, 4e9, 5, 6}}}}};
}

}  // namespace

extern const OpDef kMatMul = {
    .name = "MatMul",
    .doc =
        "numpy's matmul: y[..., m, n] = sum over k of a[..., m, k] * b[..., k, n], leading dims broadcast; a vector "
        "counts as a row (left) or column (right) that the result lacks. a: [..., M, K]; b: [..., K, N]; floats, or "
        "integers that wrap.",
    .arity = {2, 2},
    .onnx = {"", "MatMul", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = [](const CostCall& c) { return MatMulFlops(c, 0, 1); },
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
