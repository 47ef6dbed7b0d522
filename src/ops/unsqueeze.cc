#include "ops/movement.h"

namespace hasten::ops {
namespace {

Status CopyAll(const Tensor& x, Tensor* y) {
  CopyElements(x, 0, y, 0, x.elements());
  return {};
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 2));
  HASTEN_TRY(RequireIndices(c, 1));
  const Shape& x = c.shape(0);
  const auto axes = c.ConstInts(1);
  if (!x.ranked() || !axes) {
    const bool counted = x.ranked() && c.shape(1).ranked() && c.shape(1).elements().is_const();
    const int64_t rank = counted ? x.rank() + c.shape(1).elements().value() : -1;
    c.Out(0, c.dtype(0), rank >= 0 && rank <= Dims::kMaxRank ? Shape::Fresh(static_cast<int>(rank)) : Shape::Unknown());
    return {};
  }
  const size_t rank = x.dims().size() + axes->size();
  HASTEN_REQUIRE(rank <= Dims::kMaxRank, "rank must be at most ", Dims::kMaxRank, ", is ", rank);
  HASTEN_ASSIGN(Dims at, NormalizeAxes(*axes, static_cast<int>(rank)));
  std::sort(at.begin(), at.end());
  std::vector<Dim> y = x.dims();
  for (int64_t axis : at) y.insert(y.begin() + axis, Dim(1));
  HASTEN_TRY(OutShape(c, 0, c.dtype(0), std::move(y)));
  MoveInts(c, CopyAll);
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  return CopyAll(c.input(0), y);
}

Status UpFrom11(OnnxNode& n) { return AttrIntsToInput(n, "axes", 1); }
Status DownTo11(OnnxNode& n) { return InputToAttrInts(n, "axes", 1); }

constexpr OnnxVersion kVersions[] = {{1}, {11, UpFrom11, DownTo11}, {13}, {21}, {23}, {24}, {25}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {3, 5}};
  return {{"front", {x, IntList({0})}},
          {"several, unsorted, negative", {x, IntList({-1, 1, 0})}},
          {"scalar", {{DType::kI64, {}, -9, 9}, IntList({0})}},
          {"none", {x, IntList({})}},
          {"empty", {{DType::kF32, {0}}, IntList({1})}},
          {"strings", {{DType::kString, {2}, 0, 0, {}, {"a", "b"}}, IntList({0})}}};
}

}  // namespace

extern const OpDef kUnsqueeze = {
    .name = "Unsqueeze",
    .doc =
        "x with axes of one entry put in, so that they are the axes of y that input 1 (i64 [k], any order) names. "
        "Any dtype.",
    .arity = {2, 2},
    .onnx = {"", "Unsqueeze", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true, .metadata_only = true},
    .samples = Samples,
};

}  // namespace hasten::ops
