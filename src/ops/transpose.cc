#include "ops/transpose.h"

namespace hasten {

Result<Dims> Permutation(const TransposeAttrs& a, int rank) {
  Dims perm;
  if (!a.perm) {
    for (int i = rank - 1; i >= 0; --i) perm.push_back(i);
    return perm;
  }
  HASTEN_REQUIRE(a.perm->size() == static_cast<size_t>(rank), "perm must have ", rank, " axes, is [",
                 Join(*a.perm, ","), "]");
  return NormalizeAxes(*a.perm, rank);
}

namespace ops {
namespace {

constexpr AttrField kFields[] = {Field<&TransposeAttrs::perm>("perm")};

Status Move(const Tensor& x, const Dims& perm, Tensor* y) {
  const Dims strides = StridesOf(x.dims);
  Dims from;
  for (int64_t axis : perm) from.push_back(strides[static_cast<size_t>(axis)]);
  CopyStrided(x, 0, from, y, 0, StridesOf(y->dims), y->dims);
  return {};
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 1));
  const TransposeAttrs& a = c.attrs<TransposeAttrs>();
  const Shape& x = c.shape(0);
  if (!x.ranked()) {
    const bool fits = a.perm && a.perm->size() <= Dims::kMaxRank;
    c.Out(0, c.dtype(0), fits ? Shape::Fresh(static_cast<int>(a.perm->size())) : Shape::Unknown());
    return {};
  }
  HASTEN_REQUIRE(x.rank() <= Dims::kMaxRank, "rank must be at most ", Dims::kMaxRank, ", is ", x.rank());
  HASTEN_ASSIGN(const Dims perm, Permutation(a, x.rank()));
  std::vector<Dim> y;
  for (int64_t axis : perm) y.push_back(x[static_cast<int>(axis)]);
  HASTEN_TRY(OutShape(c, 0, c.dtype(0), std::move(y)));
  MoveInts(c, [&](const Tensor& from, Tensor* to) { return Move(from, perm, to); });
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor * y, BoundOutput(c, 0));
  HASTEN_ASSIGN(const Dims perm, Permutation(c.attrs<TransposeAttrs>(), c.input(0).dims.rank()));
  return Move(c.input(0), perm, y);
}

constexpr OnnxVersion kVersions[] = {{1}, {13}, {21}, {23}, {24}, {25}};

std::vector<Sample> Samples() {
  const auto perm = [](std::vector<int64_t> p) { return std::vector<NamedAttr>{{"perm", std::move(p)}}; };
  return {{"reversed by default", {{DType::kF32, {2, 3, 5}}}},
          {"matrix", {{DType::kF32, {7, 13}}}, perm({1, 0})},
          {"NCHW to NHWC", {{DType::kF32, {2, 3, 5, 7}}}, perm({0, 2, 3, 1})},
          {"identity", {{DType::kI64, {3, 4}, -9, 9}}, perm({0, 1})},
          {"scalar", {{DType::kF32, {}}}},
          {"empty", {{DType::kF32, {3, 0, 2}}}, perm({2, 0, 1})},
          {"f16", {{DType::kF16, {3, 5}}}, perm({1, 0})},
          {"i4", {{DType::kI4, {3, 3}, -8, 7}}, perm({1, 0})},
          {"strings", {{DType::kString, {1, 2}, 0, 0, {}, {"a", "b"}}}, perm({1, 0})},
          {"complex", {{DType::kC128, {2, 3}}}, perm({1, 0})}};
}

}  // namespace

extern const OpDef kTranspose = {
    .name = "Transpose",
    .doc =
        "y[i_perm[0], i_perm[1], ...] = x[i0, i1, ...]: axis k of y is axis perm[k] of x. Without perm the axes "
        "are reversed. Any dtype.",
    .attrs = SchemaOf<TransposeAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "Transpose", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace ops
}  // namespace hasten
