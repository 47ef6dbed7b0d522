#include "ops/sequence.h"

namespace hasten::ops {
namespace {

struct SplitToSequenceAttrs {
  int64_t axis = 0;
  int64_t keepdims = 1;
};
constexpr AttrField kFields[] = {Field<&SplitToSequenceAttrs::axis>("axis"),
                                 Field<&SplitToSequenceAttrs::keepdims>("keepdims")};

// The size along the axis that all parts have; fresh where they differ or nobody knows.
Dim PartSize(const InferCall& c, const Dim& whole) {
  if (!c.has(1)) return 1;
  const auto sizes = c.ConstInts(1);
  if (!sizes || sizes->empty() || !c.shape(1).ranked()) return Dim::Fresh();
  if (c.shape(1).rank() == 0) return (*sizes)[0] > 0 && Mod(whole, (*sizes)[0]).is(0) ? Dim((*sizes)[0]) : Dim::Fresh();
  const bool alike = std::all_of(sizes->begin(), sizes->end(), [&](int64_t s) { return s == (*sizes)[0]; });
  return alike ? Dim((*sizes)[0]) : Dim::Fresh();
}

Status Infer(InferCall& c) {
  const auto& attrs = c.attrs<SplitToSequenceAttrs>();
  HASTEN_TRY(c.RequireTensor(0));
  HASTEN_TRY(c.RequireTensor(1));
  if (c.has(1) && c.shape(1).ranked())
    HASTEN_REQUIRE(c.shape(1).rank() <= 1, "split must be a scalar or of rank 1, has shape ", c.shape(1));
  Shape part = c.shape(0);
  if (part.ranked()) {
    HASTEN_ASSIGN(const int axis, NormalizeAxis(attrs.axis, part.rank()));
    part[axis] = PartSize(c, part[axis]);
    if (!c.has(1) && !attrs.keepdims) part.dims().erase(part.dims().begin() + axis);
  }
  c.Out(0, Type::Sequence(Type::Tensor(c.dtype(0), std::move(part))));
  return {};
}

Result<std::vector<int64_t>> PartSizes(const KernelCall& c, int64_t whole) {
  std::vector<int64_t> sizes;
  if (c.has(1) && c.input(1).dims.rank() == 1) {
    sizes = ToInts(c.input(1));
    int64_t left = whole;
    for (int64_t s : sizes) {
      HASTEN_REQUIRE(s >= 0 && s <= left, "split must be of sizes >= 0 whose sum is ", whole, ", holds ", s);
      left -= s;
    }
    HASTEN_REQUIRE(left == 0, "split must sum up to ", whole, ", sums up to ", whole - left);
    return sizes;
  }
  const int64_t size = c.has(1) ? c.input(1).Int(0) : 1;
  HASTEN_REQUIRE(size > 0, "split must be > 0, is ", size);
  for (int64_t at = 0; at < whole; at += std::min(size, whole - at)) sizes.push_back(std::min(size, whole - at));
  return sizes;
}

Status Eval(KernelCall& c) {
  const auto& attrs = c.attrs<SplitToSequenceAttrs>();
  const Tensor& x = c.input(0);
  HASTEN_ASSIGN(const int axis, NormalizeAxis(attrs.axis, x.dims.rank()));
  HASTEN_ASSIGN(const std::vector<int64_t> sizes, PartSizes(c, x.dims[axis]));
  const int64_t outer = x.dims.Product(0, axis), inner = x.dims.Product(axis + 1, x.dims.rank());
  std::vector<Value> parts;
  int64_t at = 0;
  for (int64_t size : sizes) {
    Dims dims = x.dims;
    dims[axis] = size;
    if (!c.has(1) && !attrs.keepdims) dims.erase(axis);
    HASTEN_ASSIGN(Tensor part, c.services->allocator->Allocate(x.dtype, dims));
    for (int64_t o = 0; o < outer; ++o)
      CopyElements(x, (o * x.dims[axis] + at) * inner, &part, o * size * inner, size * inner);
    parts.push_back(Value(std::move(part)));
    at += size;
  }
  c.Set(0, Value::Sequence(x.dtype, std::move(parts)));
  return {};
}

constexpr OnnxVersion kVersions[] = {{11}, {24}};

std::vector<Sample> Samples() {
  return {{"rows", {{DType::kF32, {3, 5}}}},
          {"columns without their axis", {{DType::kF32, {3, 5}}}, {{"axis", int64_t{-1}}, {"keepdims", int64_t{0}}}},
          {"keepdims does not matter with sizes",
           {{DType::kI8, {4}}, {DType::kI64, {}, 0, 0, {2}}},
           {{"keepdims", int64_t{0}}}},
          {"a last part smaller", {{DType::kF32, {2, 7}}, {DType::kI32, {}, 0, 0, {3}}}, {{"axis", int64_t{1}}}},
          {"sizes", {{DType::kF16, {7}}, {DType::kI64, {3}, 0, 0, {1, 0, 6}}}},
          {"nothing", {{DType::kF32, {0, 2}}}}};
}

}  // namespace

extern const OpDef kSplitToSequence = {
    .name = "SplitToSequence",
    .doc =
        "The parts of x along an axis. split: a scalar size (the last part may be smaller), one size for each part, or "
        "absent: parts of size 1, without the axis if keepdims = 0.",
    .attrs = SchemaOf<SplitToSequenceAttrs>(kFields),
    .arity = {1, 2},
    .onnx = {"", "SplitToSequence", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops
