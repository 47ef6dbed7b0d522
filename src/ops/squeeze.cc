#include "ops/movement.h"

namespace hasten::ops {
namespace {

Status CopyAll(const Tensor& x, Tensor* y) {
  CopyElements(x, 0, y, 0, x.elements());
  return {};
}

// The shape without `axes`, or without every dim of one.
Result<Shape> Squeezed(const Shape& x, const std::optional<std::vector<int64_t>>& axes) {
  std::vector<Dim> y;
  Dims drop;
  if (axes) {
    HASTEN_ASSIGN(drop, NormalizeAxes(*axes, x.rank()));
  }
  for (int i = 0; i < x.rank(); ++i) {
    const bool named = std::find(drop.begin(), drop.end(), i) != drop.end();
    HASTEN_REQUIRE(!named || !NeverEqual(x[i], 1), "axis ", i, " must have one entry, shape is ", x);
    if (!axes && !x[i].is_const()) return Shape::Unknown();
    if (axes ? !named : !x[i].is(1)) y.push_back(x[i]);
  }
  return Shape(std::move(y));
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 1));
  HASTEN_TRY(RequireIndices(c, 1));
  const Shape& x = c.shape(0);
  const auto axes = c.has(1) ? c.ConstInts(1) : std::nullopt;
  if (!x.ranked() || (c.has(1) && !axes)) {
    c.Out(0, c.dtype(0), Shape::Unknown());
    return {};
  }
  HASTEN_ASSIGN(Shape y, Squeezed(x, axes));
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
  const SampleInput x{DType::kF32, {1, 3, 1, 5, 1}};
  return {{"all", {x}},
          {"named", {x, IntList({0, -1})}},
          {"no axes named", {x, IntList({})}},
          {"to scalar", {{DType::kI64, {1, 1}, -9, 9}}},
          {"empty", {{DType::kF32, {1, 0}}, IntList({0})}},
          {"u4", {{DType::kU4, {1, 3}, 0, 15}}}};
}

}  // namespace

extern const OpDef kSqueeze = {
    .name = "Squeeze",
    .doc =
        "x without the axes that input 1 (i64 [k]) names, each of one entry; without input 1, without all such "
        "axes. Any dtype.",
    .arity = {1, 2},
    .onnx = {"", "Squeeze", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true, .metadata_only = true},
    .samples = Samples,
};

}  // namespace hasten::ops
