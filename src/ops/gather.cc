#include "ops/gather.h"

namespace hasten::ops {
namespace {

constexpr AttrField kFields[] = {Field<&GatherAttrs::axis>("axis")};

Status Move(const Tensor& x, int axis, std::span<const int64_t> indices, Tensor* y) {
  const int64_t outer = x.dims.Product(0, axis), dim = x.dims[static_cast<size_t>(axis)];
  const int64_t inner = x.dims.Product(axis + 1, x.dims.rank());
  int64_t to = 0;
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t index : indices) {
      HASTEN_ASSIGN(const int64_t at, NormalizeIndex(index, dim));
      CopyElements(x, (o * dim + at) * inner, y, to, inner);
      to += inner;
    }
  }
  return {};
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 2));
  HASTEN_REQUIRE(c.dtype(1) == DType::kNone || IsInteger(c.dtype(1)), "indices must be integers, are ", c.type(1));
  const Shape &x = c.shape(0), &indices = c.shape(1);
  if (!x.ranked()) {
    c.Out(0, c.dtype(0), Shape::Unknown());
    return {};
  }
  HASTEN_ASSIGN(const int axis, NormalizeAxis(c.attrs<GatherAttrs>().axis, x.rank()));
  if (!indices.ranked()) {
    c.Out(0, c.dtype(0), Shape::Unknown());
    return {};
  }
  std::vector<Dim> y(x.dims().begin(), x.dims().begin() + axis);
  y.insert(y.end(), indices.dims().begin(), indices.dims().end());
  y.insert(y.end(), x.dims().begin() + axis + 1, x.dims().end());
  HASTEN_TRY(OutShape(c, 0, c.dtype(0), std::move(y)));
  if (const auto known = c.ConstInts(1))
    MoveInts(c, [&](const Tensor& from, Tensor* to) { return Move(from, axis, *known, to); });
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor * y, BoundOutput(c, 0));
  HASTEN_ASSIGN(const int axis, NormalizeAxis(c.attrs<GatherAttrs>().axis, c.input(0).dims.rank()));
  HASTEN_ASSIGN(const auto indices, c.Ints(1));
  return Move(c.input(0), axis, indices, y);
}

constexpr OnnxVersion kVersions[] = {{1}, {11}, {13}};

std::vector<Sample> Samples() {
  const auto axis = [](int64_t a) { return std::vector<NamedAttr>{{"axis", a}}; };
  const SampleInput x{DType::kF32, {3, 5, 2}};
  return {{"axis 0", {x, {DType::kI64, {4}, -3, 2}}},
          {"middle axis, i32 matrix of indices", {x, {DType::kI32, {2, 3}, -5, 4}}, axis(1)},
          {"last axis, scalar index", {x, IntScalar(1)}, axis(-1)},
          {"rows of a table", {{DType::kF16, {97, 64}}, {DType::kI64, {2, 7}, 0, 96}}},
          {"no indices", {x, {DType::kI64, {0}}}},
          {"u4", {{DType::kU4, {5, 3}, 0, 15}, IntList({4, 1, 1})}},
          {"strings", {{DType::kString, {3}, 0, 0, {}, {"a", "b", "c"}}, IntList({2, 0})}}};
}

}  // namespace

extern const OpDef kGather = {
    .name = "Gather",
    .doc =
        "y[i.., j.., k..] = x[i.., indices[j..], k..], where indices (i32 or i64, any rank q) stand in for `axis` "
        "of x. y has rank q + rank(x) - 1. Negative indices count from the end; others outside are an error. Any "
        "dtype.",
    .attrs = SchemaOf<GatherAttrs>(kFields),
    .arity = {2, 2},
    .onnx = {"", "Gather", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
