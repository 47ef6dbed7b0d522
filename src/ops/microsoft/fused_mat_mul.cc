#include "ops/elementwise.h"
#include "ops/matrix.h"

namespace hasten::ops::microsoft {
namespace {

struct FusedMatMulAttrs {
  float alpha = 1;
  bool trans_a = false, trans_b = false, trans_batch_a = false, trans_batch_b = false;
};
constexpr AttrField kFields[] = {
    Field<&FusedMatMulAttrs::alpha>("alpha"),
    Field<&FusedMatMulAttrs::trans_a>("transA"),
    Field<&FusedMatMulAttrs::trans_b>("transB"),
    Field<&FusedMatMulAttrs::trans_batch_a>("transBatchA"),
    Field<&FusedMatMulAttrs::trans_batch_b>("transBatchB"),
};

// The order of the axes that matmul sees: with `batch` axis 0 goes behind the batch axes, with `last` the last two
// swap.
Dims Order(int rank, bool last, bool batch) {
  Dims order;
  for (int i = 0; i < rank; ++i) order.push_back(i);
  if (rank < 2) return order;
  if (batch) std::rotate(order.begin(), order.begin() + 1, order.begin() + rank - 1);
  if (last) std::swap(order[rank - 2], order[rank - 1]);
  return order;
}

Shape Reordered(const Shape& s, bool last, bool batch) {
  if (!s.ranked()) return s;
  Shape out = s;
  const Dims order = Order(s.rank(), last, batch);
  for (int i = 0; i < s.rank(); ++i) out[i] = s[static_cast<int>(order[i])];
  return out;
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<FusedMatMulAttrs>();
  for (int i : {0, 1}) HASTEN_TRY(RequireKind(c, i, DTypeKind::kFloat));
  HASTEN_TRY(c.RequireSameDType(0, 1));
  for (int i : {0, 1})
    HASTEN_REQUIRE(!c.shape(i).ranked() || c.shape(i).rank() <= Dims::kMaxRank, "input ", i, " must have rank at most ",
                   Dims::kMaxRank);
  const Type types[] = {Type::Tensor(c.dtype(0), Reordered(c.shape(0), a.trans_a, a.trans_batch_a)),
                        Type::Tensor(c.dtype(0), Reordered(c.shape(1), a.trans_b, a.trans_batch_b))};
  InferCall plain = c;
  plain.in = types;
  HASTEN_TRY(InferMatMul(plain, 0, 1, c.dtype(0)));
  c.out = std::move(plain.out);
  return {};
}

// Input i in double with its axes in order.
Result<Tensor> Reordered(const KernelCall& c, int i, bool last, bool batch) {
  const Dims& from = c.input(i).dims;
  const Dims order = Order(from.rank(), last, batch), strides = StridesOf(from);
  Dims to = from, steps = from;
  for (int k = 0; k < from.rank(); ++k) {
    to[k] = from[static_cast<size_t>(order[k])];
    steps[k] = strides[static_cast<size_t>(order[k])];
  }
  HASTEN_ASSIGN(const auto x, c.Doubles(i));
  HASTEN_ASSIGN(const auto y, c.Scratch<double>(to.elements()));
  Dims at = Dims::Filled(to.rank(), 0);
  int64_t offset = 0;
  for (double& v : y) {
    v = x[static_cast<size_t>(offset)];
    for (int k = to.rank() - 1; k >= 0; --k) {
      offset += steps[k];
      if (++at[k] < to[k]) break;
      offset -= steps[k] * to[k];
      at[k] = 0;
    }
  }
  Tensor out;
  out.dtype = DType::kF64;
  out.dims = to;
  out.data = reinterpret_cast<std::byte*>(y.data());
  return out;
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<FusedMatMulAttrs>();
  HASTEN_ASSIGN(const Tensor left, Reordered(c, 0, a.trans_a, a.trans_batch_a));
  HASTEN_ASSIGN(const Tensor right, Reordered(c, 1, a.trans_b, a.trans_batch_b));
  const MatMulShape s = MatMulShapeOf(left.dims, right.dims);
  HASTEN_ASSIGN(const auto panel, c.Scratch<double>(kPanelElements));
  HASTEN_ASSIGN(const auto y, c.Scratch<double>(c.output(0).elements()));
  BroadcastWalk at(s.a_batch, s.batch), bt(s.b_batch, s.batch);
  const auto a_size = static_cast<size_t>(s.rows * s.inner), y_size = static_cast<size_t>(s.rows * s.cols);
  for (int64_t i = 0; i < s.batch.elements(); ++i, at.Next(), bt.Next()) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    const std::span<const double> rows(left.as<double>() + static_cast<size_t>(at.offset()) * a_size, a_size);
    Multiply(rows, {&right, bt.offset() * s.inner * s.cols, s.inner, s.cols}, {}, panel,
             y.subspan(static_cast<size_t>(i) * y_size, y_size));
  }
  for (double& v : y) v *= static_cast<double>(a.alpha);
  WriteDoubles(&c.output(0), 0, y);
  return {};
}

double Flops(const CostCall& c) {
  const auto y = c.out[0].shape.Concrete(), x = c.in[0].shape.Concrete();
  const auto& a = c.attrs<FusedMatMulAttrs>();
  if (!y || !x || x->empty()) return 0;
  const Dims order = Order(x->rank(), a.trans_a, a.trans_batch_a);
  return 2.0 * static_cast<double>(y->elements()) * static_cast<double>((*x)[static_cast<size_t>(order.back())]);
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  constexpr DType kF = DType::kF32;
  const NamedAttr ta{"transA", int64_t{1}}, tb{"transB", int64_t{1}}, ba{"transBatchA", int64_t{1}},
      bb{"transBatchB", int64_t{1}};
  return {{"plain", {{kF, {3, 7}}, {kF, {7, 5}}}},
          {"alpha", {{kF, {3, 7}}, {kF, {7, 5}}}, {{"alpha", 0.125f}}},
          {"transA", {{kF, {2, 7, 3}}, {kF, {7, 5}}}, {ta}},
          {"transB", {{kF, {2, 3, 7}}, {kF, {2, 5, 7}}}, {tb}},
          {"both, batches broadcast", {{kF, {4, 1, 7, 3}}, {kF, {2, 5, 7}}}, {ta, tb}},
          {"batch of A", {{kF, {3, 2, 7}}, {kF, {2, 7, 5}}}, {ba}},
          {"batch of B, transposed", {{kF, {2, 4, 3, 7}}, {kF, {5, 2, 4, 7}}}, {bb, tb}},
          {"vectors", {{kF, {7}}, {kF, {7}}}, {ta, tb}},
          {"no inner elements", {{kF, {3, 0}}, {kF, {0, 5}}}},
          {"f16", {{DType::kF16, {3, 7}}, {DType::kF16, {5, 7}}}, {tb}}};
}

}  // namespace

extern const OpDef kFusedMatMul = {
    .name = "com.microsoft.FusedMatMul",
    .doc =
        "y = alpha * matmul(A', B'), numpy's matmul. A' is A [.., M, K], with the last two axes swapped where transA, "
        "and axis 0 put "
        "behind the batch axes before that where transBatchA; B' likewise. Floats.",
    .attrs = SchemaOf<FusedMatMulAttrs>(kFields),
    .arity = {2, 2},
    .onnx = {"com.microsoft", "FusedMatMul", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = Flops,
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
