#include "ops/movement.h"

namespace hasten::ops {
namespace {

struct OneHotAttrs {
  int64_t axis = -1;
};
constexpr AttrField kFields[] = {Field<&OneHotAttrs::axis>("axis")};

Result<Dim> Depth(const InferCall& c) {
  Dim depth = Dim::Fresh();
  if (const auto known = c.KnownOf(1); known && known->elements.size() == 1)
    depth = known->elements[0];
  else if (const Tensor* t = c.constant(1); t && t->elements() == 1)
    depth = t->Int(0);
  HASTEN_REQUIRE(!depth.is_const() || depth.value() >= 0, "depth must not be negative, is ", depth);
  return depth;
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 3));
  HASTEN_TRY(RequireOneElement(c, 1));
  for (int i : {0, 1}) HASTEN_REQUIRE(c.dtype(i) != DType::kString, "input ", i, " must be numbers, is ", c.type(i));
  HASTEN_TRY(c.RequireRank(2, 1));
  HASTEN_TRY(c.RequireDims(2, 0, 2, "off and on"));
  HASTEN_ASSIGN(const Dim depth, Depth(c));
  if (!c.shape(0).ranked()) {
    c.Out(0, c.dtype(2), Shape::Unknown());
    return {};
  }
  Shape y = c.shape(0);
  HASTEN_ASSIGN(const int axis, NormalizeAxis(c.attrs<OneHotAttrs>().axis, y.rank() + 1));
  y.dims().insert(y.dims().begin() + axis, depth);
  return OutShape(c, 0, c.dtype(2), std::move(y));
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  const Tensor& values = c.input(2);
  HASTEN_ASSIGN(const auto indices, c.Ints(0));
  HASTEN_ASSIGN(const int axis, NormalizeAxis(c.attrs<OneHotAttrs>().axis, y->dims.rank()));
  const int64_t depth = y->dims[static_cast<size_t>(axis)], inner = y->dims.Product(axis + 1, y->dims.rank());
  Fill(values, 0, y);
  for (size_t i = 0; i < indices.size(); ++i) {
    const int64_t index = indices[i] < 0 ? indices[i] + depth : indices[i];
    if (index < 0 || index >= depth) continue;
    const auto at = static_cast<int64_t>(i);
    CopyElements(values, 1, y, (at / inner * depth + index) * inner + at % inner, 1);
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{9}, {11}, {28}};

std::vector<Sample> Samples() {
  const SampleInput indices{DType::kI64, {2, 3}, -7, 7}, values{DType::kF32, {2}, 0, 0, {2, 5}};
  const auto axis = [](int64_t a) { return std::vector<NamedAttr>{{"axis", a}}; };
  return {{"last axis, some out of range", {indices, IntScalar(5), values}},
          {"first axis", {indices, IntScalar(5), values}, axis(0)},
          {"middle axis", {indices, IntList({4}), values}, axis(1)},
          {"float indices and depth",
           {{DType::kF32, {4}, 0, 0, {0, 1.9, -1, 3}}, {DType::kF32, {}, 0, 0, {3}}, {DType::kI8, {2}, 0, 0, {-1, 1}}}},
          {"depth 0", {indices, IntScalar(0), values}},
          {"scalar index", {IntScalar(2), IntScalar(3), values}},
          {"strings", {IntList({1, 0}), IntScalar(2), {DType::kString, {2}, 0, 0, {}, {"off", "on"}}}}};
}

}  // namespace

extern const OpDef kOneHot = {
    .name = "OneHot",
    .doc =
        "y[i.., d, j..] = values[1] where indices[i.., j..] is d (negative: d - depth), else values[0], for d in "
        "[0, depth) along the new `axis`. indices: numbers of rank r, truncated; depth: one number; values: [2], "
        "any dtype; y: rank r+1.",
    .attrs = SchemaOf<OneHotAttrs>(kFields),
    .arity = {3, 3},
    .onnx = {"", "OneHot", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
