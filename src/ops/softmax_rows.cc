#include "ops/softmax.h"

namespace hasten {

Status InferSoftmax(InferCall& c) {
  const auto& a = c.attrs<SoftmaxAttrs>();
  HASTEN_TRY(c.RequireTensor(0));
  const Shape& x = c.shape(0);
  // Flattened, all axes may be outer ones, and a scalar is one row.
  const int64_t high = x.ranked() ? x.rank() + (a.flatten ? 1 : 0) : 0;
  if (x.ranked() && !(x.rank() == 0 && (a.axis == 0 || a.axis == -1)))
    HASTEN_REQUIRE(a.axis >= -x.rank() && a.axis < high, "axis must be in [", -x.rank(), ", ", high, "), is ", a.axis);
  c.Out(0, c.type(0));
  return {};
}

SoftmaxRows RowsOf(const Dims& dims, const SoftmaxAttrs& a) {
  const int rank = dims.rank();
  const int axis = rank == 0 ? 0 : static_cast<int>(a.axis < 0 ? a.axis + rank : a.axis);
  if (rank == 0) return {1, 1, 1};
  if (a.flatten) return {dims.Product(0, axis), dims.Product(axis, rank), 1};
  return {dims.Product(0, axis), dims[static_cast<size_t>(axis)], dims.Product(axis + 1, rank)};
}

Status UpFlattened(OnnxNode& n) {
  const int64_t axis = n.Int("axis", 1);
  n.Set("axis", axis);
  const Shape& x = n.TypeOf(0).shape;
  const bool last = axis == -1 || (x.ranked() && (axis == x.rank() - 1 || x.rank() == 0));
  if (!last) n.Set("flatten", int64_t{1});
  return {};
}

namespace {

std::vector<int64_t> SwapWithLast(int rank, int axis) {
  std::vector<int64_t> perm(static_cast<size_t>(rank));
  std::iota(perm.begin(), perm.end(), 0);
  std::swap(perm[static_cast<size_t>(axis)], perm.back());
  return perm;
}

}  // namespace

// Flattened rows along the last axis are plain ones: others are transposed there and back.
Status DownFlattened(OnnxNode& n) {
  const int64_t axis = n.Int("axis", -1);
  n.Set("axis", axis);
  const auto flatten = n.Take("flatten");
  if ((flatten && std::get<int64_t>(*flatten) != 0) || axis == -1) return {};
  const Shape& x = n.TypeOf(0).shape;
  if (!x.ranked())
    return Status(Code::kUnsupported, Str("axis ", axis, " of unknown rank has no form at opset ", n.opset));
  HASTEN_ASSIGN(const int at, NormalizeAxis(axis, std::max(1, x.rank())));
  if (at == x.rank() - 1 || x.rank() == 0) return {};
  const std::vector<int64_t> perm = SwapWithLast(x.rank(), at);
  n.Set("axis", int64_t{x.rank() - 1});
  n.inputs[0] = n.Emit("Transpose", {n.inputs[0]}, {{"perm", perm}});
  n.EmitAfter(0, "Transpose", {}, {{"perm", perm}});
  return {};
}

Status FlattenRows(OnnxNode& n) {
  if (n.opset < 13 || !n.Take("flatten")) return {};
  const int64_t axis = n.Int("axis", -1);
  const Shape& x = n.TypeOf(0).shape;
  const auto dims = x.Concrete();
  const auto at = axis < 0 && x.ranked() ? axis + x.rank() : axis;
  if (axis == -1 || (x.ranked() && at == x.rank() - 1)) return {};
  if (dims && dims->elements() == 0) {  // Reshape before opset 14 takes a zero to mean something else
    n.type = "Identity";
    n.attrs.clear();
    return {};
  }
  const ValueId shape = dims ? n.AddConstant(VectorI64(*dims)) : n.Emit("Shape", {n.inputs[0]});
  n.inputs[0] = n.Emit("Flatten", {n.inputs[0]}, {{"axis", axis}});
  n.Set("axis", int64_t{-1});
  std::vector<NamedAttr> as_is;
  if (!dims && n.opset >= 14) as_is.push_back({"allowzero", int64_t{1}});
  n.EmitAfter(0, "Reshape", {shape}, std::move(as_is));
  return {};
}

Status DownNegativeAxis(OnnxNode& n) {
  const int64_t axis = n.Int("axis", 1);
  if (axis >= 0) return {};
  const Shape& x = n.TypeOf(0).shape;
  if (!x.ranked())
    return Status(Code::kUnsupported, Str("axis ", axis, " of unknown rank has no form at opset ", n.opset));
  n.Set("axis", std::max<int64_t>(0, axis + x.rank()));
  return {};
}

std::vector<Sample> SoftmaxSamples() {
  const SampleInput x{DType::kF32, {2, 3, 5}, -4, 4};
  const auto axis = [](int64_t v) { return NamedAttr{"axis", v}; };
  const NamedAttr flatten{"flatten", int64_t{1}};
  return {{"last axis", {x}},
          {"middle axis", {x}, {axis(1)}},
          {"first axis", {x}, {axis(-3)}},
          {"flattened", {x}, {axis(1), flatten}},
          {"flattened to one row", {x}, {axis(0), flatten}},
          {"large values", {{DType::kF32, {2, 4}, 0, 0, {1e4, 1e4 + 1, -1e4, 0, 100, 101, 102, 103}}}},
          {"one element", {{DType::kF32, {1, 1}}}},
          {"prime row", {{DType::kF32, {3, 97}, -9, 9}}},
          {"ties", {{DType::kF32, {2, 3}, 0, 0, {1, 2, 2, 0, 0, 0}}}},
          {"no rows", {{DType::kF32, {0, 4}}}},
          {"empty rows", {{DType::kF32, {4, 0}}}},
          {"f16", {{DType::kF16, {2, 7}, -4, 4}}},
          {"bf16", {{DType::kBF16, {2, 7}, -4, 4}}},
          {"f64", {{DType::kF64, {2, 7}, -4, 4}}}};
}

}  // namespace hasten
