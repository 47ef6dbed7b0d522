#include "ops/movement.h"

namespace hasten::ops {
namespace {

struct FlattenAttrs {
  int64_t axis = 1;
};
constexpr AttrField kFields[] = {Field<&FlattenAttrs::axis>("axis")};

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 1));
  const Shape& x = c.shape(0);
  if (!x.ranked()) {
    c.Out(0, c.dtype(0), Shape::Fresh(2));
    return {};
  }
  const int64_t axis = c.attrs<FlattenAttrs>().axis, rank = x.rank();
  HASTEN_REQUIRE(axis >= -rank && axis <= rank, "axis must be in [", -rank, ", ", rank, "], is ", axis);
  const auto split = static_cast<int>(axis < 0 ? axis + rank : axis);
  return OutShape(c, 0, c.dtype(0), {x.Product(0, split), x.Product(split, x.rank())});
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  CopyElements(c.input(0), 0, y, 0, c.input(0).elements());
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}, {9}, {11}, {13}, {21}, {23}, {24}, {25}};

std::vector<Sample> Samples() {
  const auto axis = [](int64_t a) { return std::vector<NamedAttr>{{"axis", a}}; };
  const SampleInput x{DType::kF32, {2, 3, 5}};
  return {{"axis 1", {x}},
          {"axis 0", {x}, axis(0)},
          {"behind the last axis", {x}, axis(3)},
          {"negative axis", {x}, axis(-1)},
          {"scalar", {{DType::kF32, {}}}, axis(0)},
          {"empty", {{DType::kI32, {0, 3, 2}, -9, 9}}}};
}

}  // namespace

extern const OpDef kFlatten = {
    .name = "Flatten",
    .doc =
        "x: [d0, ..., d(r-1)]; y: [d0 * ... * d(axis-1), d(axis) * ... * d(r-1)], the elements in the same order. "
        "Any dtype.",
    .attrs = SchemaOf<FlattenAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "Flatten", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true, .metadata_only = true},
    .samples = Samples,
};

}  // namespace hasten::ops
