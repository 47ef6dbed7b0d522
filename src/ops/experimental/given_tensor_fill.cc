#include "ops/movement.h"

namespace hasten::ops::experimental {
namespace {

struct GivenTensorFillAttrs {
  std::vector<float> values;
  std::vector<int64_t> shape, extra_shape;
  bool input_as_shape = false;
};
constexpr AttrField kFields[] = {Field<&GivenTensorFillAttrs::values>("values"),
                                 Field<&GivenTensorFillAttrs::shape>("shape"),
                                 Field<&GivenTensorFillAttrs::extra_shape>("extra_shape"),
                                 Field<&GivenTensorFillAttrs::input_as_shape>("input_as_shape")};

void Extend(Shape* shape, std::span<const int64_t> more) {
  shape->dims().insert(shape->dims().end(), more.begin(), more.end());
}

// The shape without extra_shape; unknown where the input's contents give it and are not known.
Shape BaseOf(const InferCall& c, const GivenTensorFillAttrs& a) {
  if (!c.has(0)) {
    Shape shape = Shape::Scalar();
    Extend(&shape, a.shape);
    return shape;
  }
  if (!a.input_as_shape) return c.shape(0);
  const auto known = c.KnownOf(0);
  return known ? Shape(known->elements) : Shape::Unknown();
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<GivenTensorFillAttrs>();
  HASTEN_TRY(a.input_as_shape ? RequireIndices(c, 0) : c.RequireTensor(0));
  Shape shape = BaseOf(c, a);
  if (shape.ranked()) {
    Extend(&shape, a.extra_shape);
    HASTEN_REQUIRE(shape.rank() <= Dims::kMaxRank, "rank must be at most ", Dims::kMaxRank, ", is ", shape.rank());
    for (const Dim& d : shape.dims())
      HASTEN_REQUIRE(!d.is_const() || d.value() >= 0, "dims must not be negative, are ", shape);
    HASTEN_REQUIRE(!NeverEqual(shape.elements(), static_cast<int64_t>(a.values.size())), "values must have ",
                   shape.elements(), " numbers for shape ", shape, ", has ", a.values.size());
  }
  c.Out(0, DType::kF32, std::move(shape));
  return {};
}

Status Eval(KernelCall& c) {
  const auto& values = c.attrs<GivenTensorFillAttrs>().values;
  HASTEN_ASSIGN(Tensor * y, BoundOutput(c, 0));
  std::copy(values.begin(), values.end(), y->as<float>());
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const std::vector<int64_t> shape = {2, 3}, three = {3};
  return {{"shape", {}, {{"values", values}, {"shape", shape}}},
          {"the input's shape and more", {{DType::kF32, {1, 2}}}, {{"values", values}, {"extra_shape", three}}},
          {"the input as the shape",
           {{DType::kI64, {2}, 0, 0, {3, 2}}},
           {{"values", values}, {"input_as_shape", int64_t{1}}}}};
}

}  // namespace

extern const OpDef kGivenTensorFill = {
    .name = "GivenTensorFill",
    .doc =
        "y = the attribute `values`. y: f32 of the attribute `shape`, or of input 0's shape, or with `input_as_shape` "
        "of "
        "the shape that input 0 holds; then `extra_shape`. Experimental in ONNX before 1.5.",
    .attrs = SchemaOf<GivenTensorFillAttrs>(kFields),
    .arity = {0, 1},
    .onnx = {"", "GivenTensorFill", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::experimental
