#include "ops/gather.h"

namespace hasten::ops {
namespace {

constexpr AttrField kFields[] = {Field<&GatherElementsAttrs::axis>("axis")};

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 2));
  HASTEN_REQUIRE(c.dtype(1) == DType::kNone || IsInteger(c.dtype(1)), "indices must be integers, are ", c.type(1));
  const Shape &x = c.shape(0), &indices = c.shape(1);
  for (const Shape* s : {&x, &indices})
    if (s->ranked()) HASTEN_TRY(std::move(NormalizeAxis(c.attrs<GatherElementsAttrs>().axis, s->rank())).status());
  if (x.ranked() && indices.ranked()) {
    HASTEN_REQUIRE(x.rank() == indices.rank(), "inputs must have one rank, shapes are ", x, " and ", indices);
    HASTEN_ASSIGN(const int axis, NormalizeAxis(c.attrs<GatherElementsAttrs>().axis, x.rank()));
    for (int i = 0; i < x.rank(); ++i)
      HASTEN_REQUIRE(i == axis || !x[i].is_const() || !indices[i].is_const() || indices[i].value() <= x[i].value(),
                     "dim ", i, " of indices ", indices, " must be at most that of input ", x);
  }
  return OutShape(c, 0, c.dtype(0), indices);
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor * y, BoundOutput(c, 0));
  const Tensor& x = c.input(0);
  HASTEN_ASSIGN(const int axis, NormalizeAxis(c.attrs<GatherElementsAttrs>().axis, x.dims.rank()));
  HASTEN_ASSIGN(const auto indices, c.Ints(1));
  Dims strides = StridesOf(x.dims);
  const int64_t stride = std::exchange(strides[static_cast<size_t>(axis)], 0), dim = x.dims[static_cast<size_t>(axis)];
  StridedWalk at(y->dims, strides);
  for (size_t i = 0; i < indices.size(); ++i, at.Next()) {
    HASTEN_ASSIGN(const int64_t index, NormalizeIndex(indices[i], dim));
    CopyElements(x, at.offset() + index * stride, y, static_cast<int64_t>(i), 1);
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{11}, {13}};

std::vector<Sample> Samples() {
  const auto axis = [](int64_t a) { return std::vector<NamedAttr>{{"axis", a}}; };
  const SampleInput x{DType::kF32, {3, 5, 2}};
  return {{"axis 0", {x, {DType::kI64, {2, 5, 1}, -3, 2}}},
          {"middle axis", {x, {DType::kI32, {3, 7, 2}, -5, 4}}, axis(1)},
          {"last axis", {x, {DType::kI64, {1, 2, 3}, 0, 1}}, axis(-1)},
          {"no indices", {x, {DType::kI64, {0, 5, 2}}}},
          {"u4", {{DType::kU4, {5}, 0, 15}, IntList({4, 1, 1})}},
          {"strings", {{DType::kString, {2}, 0, 0, {}, {"a", "b"}}, IntList({1, 0, 1})}}};
}

}  // namespace

extern const OpDef kGatherElements = {
    .name = "GatherElements",
    .doc =
        "y[i..] = x[i.. with the index along `axis` replaced by indices[i..]]. indices: i32 or i64 of x's rank, y "
        "has its shape. Negative indices count from the end; others outside are an error. Any dtype.",
    .attrs = SchemaOf<GatherElementsAttrs>(kFields),
    .arity = {2, 2},
    .onnx = {"", "GatherElements", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
