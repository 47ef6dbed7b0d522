#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Dim Choose(const Dim& condition, const Dim& yes, const Dim& no) {
  if (condition.is_const()) return condition.is(0) ? no : yes;
  return yes == no ? yes : AnyInteger();
}

void Propagate(InferCall& c) {
  constexpr int64_t kMaxKnown = 4096;
  const auto condition = c.KnownOf(0), yes = WholeNumbers(c, 1), no = WholeNumbers(c, 2);
  const auto dims = c.out[0].shape.Concrete();
  if (!condition || !yes || !no || !dims) return;
  const auto count = CheckedElements(*dims);
  if (!count.ok() || *count > kMaxKnown) return;
  KnownInts out{*dims, {}};
  BroadcastWalk ct(condition->dims, *dims), yt(yes->dims, *dims), nt(no->dims, *dims);
  for (int64_t i = 0; i < *count; ++i, ct.Next(), yt.Next(), nt.Next())
    out.elements.push_back(Choose(condition->elements[static_cast<size_t>(ct.offset())],
                                  yes->elements[static_cast<size_t>(yt.offset())],
                                  no->elements[static_cast<size_t>(nt.offset())]));
  SetKnown(c, c.out[0].dtype, std::move(out));
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireKind(c, 0, DTypeKind::kBool));
  for (int i : {1, 2}) HASTEN_TRY(c.RequireTensor(i));
  HASTEN_TRY(c.RequireSameDType(1, 2));
  HASTEN_ASSIGN(Shape shape, Broadcast(c.shape(0), c.shape(1)));
  HASTEN_ASSIGN(shape, Broadcast(shape, c.shape(2)));
  c.Out(0, c.dtype(1) == DType::kNone ? c.dtype(2) : c.dtype(1), std::move(shape));
  if (c.outputs() > 0) Propagate(c);
  return {};
}

// Copies runs of elements that come from one side.
void ChooseRow(const Tensor& condition, const Tensor& yes, const Tensor& no, const BroadcastRows& row, Tensor* y) {
  for (int64_t i = 0; i < row.size();) {
    const auto chosen = [&](int64_t at) { return condition.Int(row.offset(0) + at * row.step(0)) != 0; };
    const bool side = chosen(i);
    int64_t run = 1;
    const int k = side ? 1 : 2;
    while (row.step(k) == 1 && i + run < row.size() && chosen(i + run) == side) ++run;
    CopyElements(side ? yes : no, row.offset(k) + i * row.step(k), y, row.begin() + i, run);
    i += run;
  }
}

Status Eval(KernelCall& c) {
  const Tensor &condition = c.input(0), &yes = c.input(1), &no = c.input(2);
  Tensor& y = c.output(0);
  for (BroadcastRows row({&condition.dims, &yes.dims, &no.dims}, y.dims); !row.done(); row.Next()) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    ChooseRow(condition, yes, no, row, &y);
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{9}, {16}};

std::vector<Sample> Samples() {
  const auto condition = [](Dims dims) { return SampleInput{DType::kBool, dims, 0, 1}; };
  return {{"same shape", {condition({3, 5}), {DType::kF32, {3, 5}}, {DType::kF32, {3, 5}}}},
          {"prime, beyond one tile", {condition({1033}), {DType::kF32, {1033}}, {DType::kF32, {}}}},
          {"all broadcast", {condition({3, 1, 1}), {DType::kI64, {5}, -9, 9}, {DType::kI64, {2, 1}, -9, 9}}},
          {"scalars", {condition({}), {DType::kF16, {}}, {DType::kF16, {}}}},
          {"zero-size", {condition({0}), {DType::kF32, {1}}, {DType::kF32, {0}}}},
          {"i4", {condition({7}), {DType::kI4, {7}, -8, 7}, {DType::kI4, {}, -8, 7}}},
          {"complex", {condition({3}), {DType::kC64, {3}}, {DType::kC64, {3}}}},
          {"strings",
           {condition({3}), {DType::kString, {3}, 0, 0, {}, {"a", "b", ""}}, {DType::kString, {}, 0, 0, {}, {"z"}}}}};
}

}  // namespace

extern const OpDef kWhere = {
    .name = "Where",
    .doc =
        "y = condition ? a : b, elementwise with numpy broadcasting. condition: bool [d...]; a: any dtype [d...]; b: "
        "the "
        "same dtype; y: [broadcast].",
    .arity = {3, 3},
    .onnx = {"", "Where", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
