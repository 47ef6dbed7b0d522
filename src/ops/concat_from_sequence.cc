#include "ops/sequence.h"

namespace hasten::ops {
namespace {

struct ConcatFromSequenceAttrs {
  std::optional<int64_t> axis;
  int64_t new_axis = 0;
};
constexpr AttrField kFields[] = {Field<&ConcatFromSequenceAttrs::axis>("axis"),
                                 Field<&ConcatFromSequenceAttrs::new_axis>("new_axis")};

Status Infer(InferCall& c) {
  const auto& attrs = c.attrs<ConcatFromSequenceAttrs>();
  HASTEN_REQUIRE(attrs.axis, "must have the attribute axis");
  HASTEN_ASSIGN(const Type element, InferElement(c, 0));
  Shape shape = element.shape;
  if (element.is_tensor() && shape.ranked()) {
    HASTEN_ASSIGN(const int axis, NormalizeAxis(*attrs.axis, shape.rank() + (attrs.new_axis ? 1 : 0)));
    if (attrs.new_axis)
      shape.dims().insert(shape.dims().begin() + axis, Dim::Fresh());
    else
      shape[axis] = Dim::Fresh();
  }
  if (!element.known()) shape = Shape::Unknown();
  c.Out(0, element.dtype, std::move(shape));
  return {};
}

// The tensors' dims must agree but for `axis` (-1: in all).
Result<int64_t> CommonSize(const std::vector<Value>& parts, int axis) {
  const Tensor& first = parts[0].tensor();
  int64_t size = 0;
  for (const Value& v : parts) {
    HASTEN_REQUIRE(v.is_tensor(), "elements must be tensors");
    const Tensor& t = v.tensor();
    Dims dims = t.dims;
    if (axis >= 0 && axis < dims.rank() && axis < first.dims.rank()) {
      size += dims[axis];
      dims[axis] = first.dims[axis];
    }
    HASTEN_REQUIRE(t.dtype == first.dtype && dims == first.dims, "elements must agree but for the axis, are ", first,
                   " and ", t);
  }
  return size;
}

Status Eval(KernelCall& c) {
  const auto& attrs = c.attrs<ConcatFromSequenceAttrs>();
  HASTEN_ASSIGN(const std::vector<Value>* parts, ElementsOf(c, 0));
  HASTEN_REQUIRE(!parts->empty() && (*parts)[0].is_tensor(), "must have at least one tensor to concatenate, has none");
  const Tensor& first = (*parts)[0].tensor();
  HASTEN_ASSIGN(const int axis, NormalizeAxis(*attrs.axis, first.dims.rank() + (attrs.new_axis ? 1 : 0)));
  HASTEN_ASSIGN(const int64_t size, CommonSize(*parts, attrs.new_axis ? -1 : axis));
  Dims dims = first.dims;
  if (attrs.new_axis)
    dims.insert(axis, static_cast<int64_t>(parts->size()));
  else
    dims[axis] = size;
  HASTEN_ASSIGN(Tensor* y, c.Allocate(0, first.dtype, dims));
  const int64_t outer = dims.Product(0, axis), inner = dims.Product(axis + 1, dims.rank());
  int64_t at = 0;
  for (const Value& v : *parts) {
    const int64_t n = attrs.new_axis ? 1 : v.tensor().dims[axis];
    for (int64_t o = 0; o < outer; ++o)
      CopyElements(v.tensor(), o * n * inner, y, (o * dims[axis] + at) * inner, n * inner);
    at += n;
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{11}};

}  // namespace

extern const OpDef kConcatFromSequence = {
    .name = "ConcatFromSequence",
    .doc = "The elements of a sequence concatenated along an axis, or stacked along a new one (new_axis = 1).",
    .attrs = SchemaOf<ConcatFromSequenceAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "ConcatFromSequence", kVersions},
    .infer = Infer,
    .eval = Eval,
};

}  // namespace hasten::ops
