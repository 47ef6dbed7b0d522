#include "ops/op.h"

namespace hasten::ops::ml {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(c.RequireTensor(0));
  HASTEN_TRY(c.RequireTensor(1));
  HASTEN_REQUIRE(c.dtype(1) == DType::kNone || IsInteger(c.dtype(1)), "input 1 must be of integers, is ", c.type(1));
  Shape shape = c.shape(0);
  if (shape.ranked()) {
    HASTEN_REQUIRE(shape.rank() > 0, "input 0 must have rank 1 or more, has ", shape);
    if (shape.rank() == 1) shape = Shape{1, 1};
    shape[shape.rank() - 1] = c.shape(1).ranked() ? c.shape(1).elements() : Dim::Fresh();
  }
  c.Out(0, c.dtype(0), std::move(shape));
  return {};
}

Status Eval(KernelCall& c) {
  const Tensor& x = c.input(0);
  const std::vector<int64_t> columns = ToInts(c.input(1));
  const int64_t width = x.dims.back(), rows = x.dims.Product(0, x.dims.rank() - 1);
  for (int64_t i : columns) HASTEN_REQUIRE(i >= 0 && i < width, "indices must be in [0, ", width, "), one is ", i);
  int64_t to = 0;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t i : columns) CopyElements(x, r * width + i, &c.output(0), to++, 1);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  return {{"columns", {{DType::kF32, {2, 3}}, {DType::kI64, {2}, 0, 0, {2, 0}}}},
          {"a vector is a row", {{DType::kString, {3}, 0, 0, {}, {"a", "b", "c"}}, {DType::kI64, {1, 1}, 0, 0, {1}}}},
          {"one column twice", {{DType::kI32, {2, 2, 1}}, {DType::kI64, {2}, 0, 0, {0, 0}}}}};
}

}  // namespace

extern const OpDef kArrayFeatureExtractor = {
    .name = "ai.onnx.ml.ArrayFeatureExtractor",
    .doc = "The columns of x [..., n] that the indices name: y [..., count]; [1, count] of a vector.",
    .arity = {2, 2},
    .onnx = {"ai.onnx.ml", "ArrayFeatureExtractor", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::ml
