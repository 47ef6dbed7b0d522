#include "ops/movement.h"

namespace hasten::ops {
namespace {

struct CenterCropPadAttrs {
  std::optional<std::vector<int64_t>> axes;
};
constexpr AttrField kFields[] = {Field<&CenterCropPadAttrs::axes>("axes")};

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 2));
  HASTEN_TRY(RequireIndices(c, 1));
  const auto& axes = c.attrs<CenterCropPadAttrs>().axes;
  Shape y = c.shape(0);
  if (y.ranked()) {
    Dims at;
    HASTEN_REQUIRE(y.rank() <= Dims::kMaxRank, "rank must be at most ", Dims::kMaxRank, ", is ", y.rank());
    for (int i = 0; !axes && i < y.rank(); ++i) at.push_back(i);
    if (axes) {
      HASTEN_ASSIGN(at, NormalizeAxes(*axes, y.rank()));
    }
    HASTEN_TRY(c.RequireDims(1, 0, at.rank(), "lengths, one for each axis"));
    const auto shape = c.KnownOf(1);
    HASTEN_REQUIRE(!shape || shape->elements.size() == at.size(), "shape must have ", at.size(), " entries, has ",
                   shape->elements.size());
    for (size_t i = 0; i < at.size(); ++i) y[static_cast<int>(at[i])] = shape ? shape->elements[i] : Dim::Fresh();
  }
  return OutShape(c, 0, c.dtype(0), std::move(y));
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  const Tensor& x = c.input(0);
  const Dims from = StridesOf(x.dims), to = StridesOf(y->dims);
  Dims kept;
  int64_t from_at = 0, to_at = 0;
  for (size_t i = 0; i < x.dims.size(); ++i) {
    kept.push_back(std::min(x.dims[i], y->dims[i]));
    from_at += (x.dims[i] - kept[i]) / 2 * from[i];
    to_at += (y->dims[i] - kept[i]) / 2 * to[i];
  }
  FillZero(y);
  CopyStrided(x, from_at, from, y, to_at, to, kept);
  return {};
}

constexpr OnnxVersion kVersions[] = {{18}};

std::vector<Sample> Samples() {
  const auto axes = [](std::vector<int64_t> a) { return std::vector<NamedAttr>{{"axes", std::move(a)}}; };
  const SampleInput x{DType::kF32, {5, 8, 3}};
  return {{"crop", {x, IntList({2, 5, 3})}},
          {"pad", {x, IntList({8, 8, 8})}},
          {"crop and pad by odd numbers", {x, IntList({10, 3, 4})}},
          {"axes", {x, IntList({6, 3})}, axes({-1, 1})},
          {"to nothing", {x, IntList({0})}, axes({0})},
          {"from nothing", {{DType::kF32, {0, 2}}, IntList({3, 2})}},
          {"i32 shape", {{DType::kU8, {4}, 0, 255}, {DType::kI32, {1}, 0, 0, {7}}}}};
}

}  // namespace

extern const OpDef kCenterCropPad = {
    .name = "CenterCropPad",
    .doc =
        "x brought to the sizes in input 1 (i32 or i64 [k]) along `axes` (default: all) by cropping or zero "
        "padding both sides alike; of an odd number the larger half is at the end. Any dtype.",
    .attrs = SchemaOf<CenterCropPadAttrs>(kFields),
    .arity = {2, 2},
    .onnx = {"", "CenterCropPad", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
