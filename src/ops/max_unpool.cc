#include "ops/movement.h"
#include "ops/window.h"

namespace hasten::ops {
namespace {

using MaxUnpoolAttrs = WindowAttrs;
constexpr AttrField kFields[] = {Field<&MaxUnpoolAttrs::kernel_shape>("kernel_shape"),
                                 Field<&MaxUnpoolAttrs::pads>("pads"), Field<&MaxUnpoolAttrs::strides>("strides")};

// What MaxPool with these attributes had as input.
Result<Shape> PooledFrom(const MaxUnpoolAttrs& a, const Shape& x) {
  const int spatial = x.rank() - 2;
  HASTEN_REQUIRE(spatial >= 1, "input must have rank 3 at least, has shape ", x);
  HASTEN_REQUIRE(static_cast<int>(a.kernel_shape.size()) == spatial, "kernel_shape must have ", spatial,
                 " entries, has ", a.kernel_shape.size());
  HASTEN_TRY(CheckWindow(a, spatial));
  Shape y = x;
  for (int i = 0; i < spatial; ++i) {
    const auto k = static_cast<size_t>(i), n = static_cast<size_t>(spatial);
    const int64_t stride = a.strides.empty() ? 1 : a.strides[k], pads = a.pads.empty() ? 0 : a.pads[k] + a.pads[n + k];
    y[i + 2] = (x[i + 2] - 1) * Dim(stride) - Dim(pads) + Dim(a.kernel_shape[k]);
  }
  return y;
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 2));
  HASTEN_TRY(RequireIndices(c, 2));
  HASTEN_REQUIRE(c.dtype(1) == DType::kNone || IsInteger(c.dtype(1)), "indices must be integers, are ", c.type(1));
  const Shape& x = c.shape(0);
  if (!x.ranked()) {
    c.Out(0, c.dtype(0), Shape::Unknown());
    return {};
  }
  HASTEN_TRY(c.RequireRank(1, x.rank()));
  for (int i = 0; i < x.rank(); ++i) HASTEN_TRY(c.RequireDims(1, i, x[i], "as of the input"));
  HASTEN_ASSIGN(Shape y, PooledFrom(c.attrs<MaxUnpoolAttrs>(), x));
  if (!c.has(2)) return OutShape(c, 0, c.dtype(0), std::move(y));
  const auto given = c.KnownOf(2);
  HASTEN_REQUIRE(!given || given->elements.size() == x.dims().size(), "output_shape must have ", x.rank(),
                 " entries, has ", given->elements.size());
  for (int i = 0; i < x.rank(); ++i) {
    const Dim size = given ? given->elements[static_cast<size_t>(i)] : Dim::Fresh();
    HASTEN_REQUIRE(!size.is_const() || !y[i].is_const() || size.value() >= y[i].value(), "dim ", i,
                   " of output_shape must be at least ", y[i], ", is ", size);
    y[i] = size;
  }
  return OutShape(c, 0, c.dtype(0), std::move(y));
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  const Tensor& x = c.input(0);
  HASTEN_ASSIGN(const Shape pooled, PooledFrom(c.attrs<MaxUnpoolAttrs>(), x.dims));
  const Dims dims = pooled.Concrete().value_or(Dims{});
  HASTEN_ASSIGN(const int64_t count, CheckedElements(dims));
  HASTEN_ASSIGN(const auto indices, c.Ints(1));
  const Dims from = StridesOf(dims), to = StridesOf(y->dims);
  FillZero(y);
  for (size_t i = 0; i < indices.size(); ++i) {
    HASTEN_ASSIGN(const int64_t index, NormalizeIndex(indices[i], count));
    int64_t at = 0;
    for (size_t d = 0; d < dims.size(); ++d) at += index / from[d] % dims[d] * to[d];
    CopyElements(x, static_cast<int64_t>(i), y, at, 1);
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{9}, {11}, {22}};

using Ints = std::vector<int64_t>;

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {1, 1, 2, 2}, 1, 9}, at{DType::kI64, {1, 1, 2, 2}, 0, 0, {5, 7, 13, 15}};
  const NamedAttr kernel{"kernel_shape", Ints{2, 2}}, strides{"strides", Ints{2, 2}};
  return {{"inferred", {x, at}, {kernel, strides}},
          {"larger output", {x, at, IntList({1, 1, 5, 5})}, {kernel, strides}},
          {"strides of 1", {x, {DType::kI64, {1, 1, 2, 2}, 0, 0, {0, 2, 6, 8}}}, {kernel}},
          {"pads", {x, {DType::kI64, {1, 1, 2, 2}, 0, 0, {0, 2, 3, 5}}}, {kernel, strides, {"pads", Ints{1, 0, 1, 1}}}},
          {"1-D, f16",
           {{DType::kF16, {2, 1, 3}}, {DType::kI64, {2, 1, 3}, 0, 0, {0, 2, 5, 6, 9, 11}}},
           {{"kernel_shape", Ints{2}}, {"strides", Ints{2}}}},
          {"no batch", {{DType::kF32, {0, 1, 2, 2}}, {DType::kI64, {0, 1, 2, 2}}}, {kernel, strides}}};
}

}  // namespace

extern const OpDef kMaxUnpool = {
    .name = "MaxUnpool",
    .doc =
        "Puts each element of x where MaxPool found it, zeros elsewhere. x: float [N, C, d..]; indices: i64 of the "
        "same shape, into the flattened input that MaxPool had, [N, C, (d - 1) * stride - pads + kernel..]; y: "
        "that, or with zeros at the ends the shape in input 2 (i64 [rank]).",
    .attrs = SchemaOf<MaxUnpoolAttrs>(kFields),
    .arity = {2, 3},
    .onnx = {"", "MaxUnpool", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
