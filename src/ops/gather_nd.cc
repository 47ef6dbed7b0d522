#include "ops/gather.h"

namespace hasten::ops {
namespace {

constexpr AttrField kFields[] = {Field<&GatherNDAttrs::batch_dims>("batch_dims")};

Result<Shape> OutputShape(const Shape& x, const Shape& indices, int64_t batch) {
  HASTEN_REQUIRE(x.rank() >= 1 && indices.rank() >= 1, "inputs must have rank 1 at least, shapes are ", x, " and ",
                 indices);
  HASTEN_REQUIRE(batch >= 0 && batch < std::min(x.rank(), indices.rank()), "batch_dims must be in [0, ",
                 std::min(x.rank(), indices.rank()), "), is ", batch);
  const auto b = static_cast<int>(batch);
  for (int i = 0; i < b; ++i) HASTEN_TRY(std::move(SameDim(x[i], indices[i], Str("batch dim ", i))).status());
  const Dim& tuple = indices[indices.rank() - 1];
  if (!tuple.is_const()) return Shape::Unknown();
  HASTEN_REQUIRE(tuple.value() >= 1 && tuple.value() <= x.rank() - b, "the last dim of indices must be in [1, ",
                 x.rank() - b, "], is ", tuple);
  std::vector<Dim> y(indices.dims().begin(), indices.dims().end() - 1);
  y.insert(y.end(), x.dims().begin() + b + tuple.value(), x.dims().end());
  return Shape(std::move(y));
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 2));
  HASTEN_REQUIRE(c.dtype(1) == DType::kNone || IsInteger(c.dtype(1)), "indices must be integers, are ", c.type(1));
  Shape y;
  if (c.shape(0).ranked() && c.shape(1).ranked()) {
    HASTEN_ASSIGN(y, OutputShape(c.shape(0), c.shape(1), c.attrs<GatherNDAttrs>().batch_dims));
  }
  return OutShape(c, 0, c.dtype(0), std::move(y));
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor * y, BoundOutput(c, 0));
  const Tensor &x = c.input(0), &tuples = c.input(1);
  HASTEN_ASSIGN(const auto indices, c.Ints(1));
  const auto b = static_cast<int>(c.attrs<GatherNDAttrs>().batch_dims), k = static_cast<int>(tuples.dims.back());
  const Dims strides = StridesOf(x.dims);
  const int64_t batch = x.dims.Product(0, b), batch_stride = x.dims.Product(b, x.dims.rank());
  const int64_t run = x.dims.Product(b + k, x.dims.rank()), each = tuples.dims.Product(b, tuples.dims.rank() - 1);
  const int64_t* tuple = indices.data();
  for (int64_t i = 0; i < batch * each; ++i, tuple += k) {
    int64_t from = i / each * batch_stride;
    for (int j = 0; j < k; ++j) {
      const auto axis = static_cast<size_t>(b + j);
      HASTEN_ASSIGN(const int64_t index, NormalizeIndex(tuple[j], x.dims[axis]));
      from += index * strides[axis];
    }
    CopyElements(x, from, y, i * run, run);
  }
  return {};
}

Status DownTo11(OnnxNode& n) {
  if (n.Int("batch_dims", 0) != 0)
    return Status(Code::kUnsupported, Str("GatherND with batch_dims needs opset 12, is written at ", n.opset));
  n.Drop("batch_dims");
  return {};
}

constexpr OnnxVersion kVersions[] = {{11, nullptr, DownTo11}, {12}, {13}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 3, 5}};
  return {{"elements", {x, {DType::kI64, {2, 3}, 0, 0, {0, -1, 4, 1, 2, 0}}}},
          {"rows", {x, {DType::kI64, {1, 2, 2}, 0, 0, {0, 1, -2, 2}}}},
          {"batch", {x, {DType::kI64, {2, 4, 1}, -3, 2}}, {{"batch_dims", int64_t{1}}}},
          {"no tuples", {x, {DType::kI64, {0, 2}}}},
          {"u4", {{DType::kU4, {3, 3}, 0, 15}, {DType::kI64, {2, 1}, 0, 2}}},
          {"strings", {{DType::kString, {2}, 0, 0, {}, {"a", "b"}}, {DType::kI64, {2, 1}, 0, 0, {1, 0}}}}};
}

}  // namespace

extern const OpDef kGatherNd = {
    .name = "GatherND",
    .doc =
        "y[b.., i.., j..] = x[b.., indices[b.., i.., :], j..]: the last axis of indices (integers) holds tuples "
        "that index the axes of x behind the batch_dims leading ones. Negative indices count from the end. Any "
        "dtype.",
    .attrs = SchemaOf<GatherNDAttrs>(kFields),
    .arity = {2, 2},
    .onnx = {"", "GatherND", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
