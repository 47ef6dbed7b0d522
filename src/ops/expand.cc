#include "ops/movement.h"

namespace hasten::ops {
namespace {

Status Move(const Tensor& x, Tensor* y) {
  CopyStrided(x, 0, BroadcastStrides(x.dims, y->dims), y, 0, StridesOf(y->dims), y->dims);
  return {};
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 2));
  HASTEN_TRY(RequireIndices(c, 1));
  const Shape& x = c.shape(0);
  if (const auto want = c.KnownOf(1)) {
    for (const Dim& d : want->elements)
      HASTEN_REQUIRE(!d.is_const() || d.value() >= 0, "dims must not be negative, shape is [",
                     Join(want->elements, ","), "]");
    HASTEN_ASSIGN(Shape y, Broadcast(x, Shape(want->elements)));
    HASTEN_TRY(OutShape(c, 0, c.dtype(0), std::move(y)));
    MoveInts(c, Move);
    return {};
  }
  const bool counted = x.ranked() && c.shape(1).ranked() && c.shape(1).elements().is_const();
  const int64_t rank = counted ? std::max<int64_t>(x.rank(), c.shape(1).elements().value()) : -1;
  c.Out(0, c.dtype(0), rank >= 0 && rank <= Dims::kMaxRank ? Shape::Fresh(static_cast<int>(rank)) : Shape::Unknown());
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  return Move(c.input(0), y);
}

constexpr OnnxVersion kVersions[] = {{8}, {13}};

std::vector<Sample> Samples() {
  return {{"rows", {{DType::kF32, {3, 1}}, IntList({3, 5})}},
          {"new axes", {{DType::kF32, {5}}, IntList({2, 3, 1})}},
          {"shape shorter than x", {{DType::kF32, {2, 1, 3}}, IntList({1})}},
          {"scalar", {{DType::kI64, {}, -9, 9}, IntList({7})}},
          {"to nothing", {{DType::kF32, {1, 3}}, IntList({0, 3})}},
          {"bool", {{DType::kBool, {1, 2}, 0, 1}, IntList({3, 1})}},
          {"i4", {{DType::kI4, {3, 1}, -8, 7}, IntList({3, 3})}},
          {"strings", {{DType::kString, {1}, 0, 0, {}, {"a"}}, IntList({3})}}};
}

}  // namespace

extern const OpDef kExpand = {
    .name = "Expand",
    .doc = "x repeated to the numpy broadcast of its own shape and the one in input 1 (i64 [k]). Any dtype.",
    .arity = {2, 2},
    .onnx = {"", "Expand", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
