#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

// Symbolic contents go through when the condition is known.
void PropagateChoice(InferCall& c) {
  const auto condition = c.ConstInts(0);
  const auto yes = c.KnownOf(1), no = c.KnownOf(2), shape = c.KnownOf(0);
  if (!condition || !yes || !no || !shape) return;
  auto dims = BroadcastDims(yes->dims, no->dims);
  if (!dims.ok()) return;
  dims = BroadcastDims(*dims, shape->dims);
  if (!dims.ok()) return;
  KnownInts out{*dims, {}};
  BroadcastWalk ct(shape->dims, *dims), yt(yes->dims, *dims), nt(no->dims, *dims);
  for (int64_t i = 0; i < dims->elements(); ++i, ct.Next(), yt.Next(), nt.Next())
    out.elements.push_back((*condition)[ct.offset()] ? yes->elements[yt.offset()] : no->elements[nt.offset()]);
  c.OutInts(0, std::move(out));
}

Status Infer(InferCall& c) {
  for (int i = 0; i < 3; ++i) HASTEN_TRY(c.RequireTensor(i));
  HASTEN_TRY(c.RequireSameDType(1, 2));
  HASTEN_REQUIRE(c.dtype(0) == DType::kNone || c.dtype(0) == DType::kBool, "condition must be bool, is ", Name(c.dtype(0)));
  HASTEN_ASSIGN(Shape shape, Broadcast(c.shape(1), c.shape(2)));
  HASTEN_ASSIGN(shape, Broadcast(shape, c.shape(0)));
  c.Out(0, c.dtype(1) == DType::kNone ? c.dtype(2) : c.dtype(1), std::move(shape));
  PropagateChoice(c);
  return {};
}

Status Eval(KernelCall& c) {
  Tensor& y = c.output(0);
  const Tensor& condition = c.input(0);
  BroadcastWalk ct(condition.dims, y.dims), at(c.input(1).dims, y.dims), bt(c.input(2).dims, y.dims);
  for (int64_t i = 0; i < y.elements(); ++i, ct.Next(), at.Next(), bt.Next()) {
    const bool yes = condition.Int(ct.offset()) != 0;
    CopyElements(c.input(yes ? 1 : 2), yes ? at.offset() : bt.offset(), &y, i, 1);
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{9}, {16}};

std::vector<Sample> Samples() {
  return {{"same", {{DType::kBool, {3, 5}, 0, 1}, {DType::kF32, {3, 5}}, {DType::kF32, {3, 5}}}},
          {"broadcast", {{DType::kBool, {3, 1}, 0, 1}, {DType::kI64, {5}, -9, 9}, {DType::kI64, {}, 7, 7}}}};
}

}  // namespace

extern const OpDef kWhere = {
    .name = "Where",
    .doc = "y = condition ? a : b, elementwise with numpy broadcasting. condition: bool; a, b, y: any dtype.",
    .arity = {3, 3},
    .onnx = {"", "Where", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
