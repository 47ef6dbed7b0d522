// The view that ai.onnx.ml has of its inputs: rows of features.  A vector is one row.
#pragma once
#include "ops/op.h"

namespace hasten::ops::ml {

struct Rows {
  int64_t count, features;
};
inline Rows RowsOf(const Dims& dims) {
  if (dims.rank() < 2) return {1, dims.elements()};
  return {dims[0], dims.Product(1, dims.rank())};
}
inline Dim RowCount(const Shape& shape) {
  if (!shape.ranked()) return Dim::Fresh();
  return shape.rank() < 2 ? Dim(1) : shape[0];
}
inline Dim FeatureCount(const Shape& shape) {
  if (!shape.ranked()) return Dim::Fresh();
  return shape.rank() < 2 ? shape.elements() : shape.Product(1, shape.rank());
}

// An error unless input i can be a tensor of real numbers.
inline Status RequireNumbers(const InferCall& c, int i) {
  HASTEN_TRY(c.RequireTensor(i));
  const DType t = c.dtype(i);
  HASTEN_REQUIRE(t == DType::kNone || IsFloat(t) || IsInteger(t), "input ", i, " must be of numbers, is ", c.type(i));
  return {};
}

}  // namespace hasten::ops::ml
