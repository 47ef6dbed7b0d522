#include "ops/slice.h"

namespace hasten {
namespace ops {
namespace {

constexpr int64_t kToTheEnd = std::numeric_limits<int32_t>::max();  // bounds from here on mean the end of an axis

// One axis of `dim` entries; step is not 0.  Unlike numpy's, a start before the first entry is that entry going
// backwards too: the standard clamps it so.
SlicePart PartOf(int64_t start, int64_t end, int64_t step, int64_t dim) {
  if (dim == 0) return {0, 1, 0};
  if (start < 0) start += dim;
  if (end < 0) end += dim;
  if (step > 0) {
    start = std::clamp<int64_t>(start, 0, dim);
    end = std::clamp<int64_t>(end, 0, dim);
    return {start, step, end > start ? (end - start - 1) / step + 1 : 0};
  }
  step = std::max(step, -std::numeric_limits<int64_t>::max());
  start = std::clamp<int64_t>(start, 0, dim - 1);
  end = std::clamp<int64_t>(end, -1, dim - 1);
  return {start, step, start > end ? (start - end - 1) / -step + 1 : 0};
}

// How many entries of an axis of `dim` entries are kept, where bounds or the dim are symbolic.
Dim CountOf(const Dim& start, const Dim& end, const Dim& step, const Dim& dim) {
  if (!step.is_const()) return Dim::Fresh();
  if (start.is_const() && end.is_const() && dim.is_const())
    return PartOf(start.value(), end.value(), step.value(), dim.value()).count;
  if (step.value() < 0) {
    const bool from_last = start.is(-1) || (start.is_const() && start.value() >= kToTheEnd);
    const bool to_first = end.is_const() && end.value() <= -kToTheEnd;
    return from_last && to_first ? CeilDiv(dim, 0 - step) : Dim::Fresh();
  }
  Dim stop = Dim::Fresh();
  if (end.is_const())
    stop = end.value() >= kToTheEnd ? dim : end.value() < 0 ? dim + end : Min(end, dim);
  else if (IsNonNegative(end))
    stop = Min(end, dim);
  else
    return Dim::Fresh();
  Dim count = 0;
  if (IsNonNegative(start))
    count = Max(stop - start, 0);
  else if (start.is_const())
    count = stop == dim ? Min(0 - start, dim) : Max(Max(stop, 0) - Max(dim + start, 0), 0);
  else
    return Dim::Fresh();
  return CeilDiv(count, step);
}

// One part an axis.
SliceParts PartsOf(const Dims& x, std::span<const int64_t> starts, std::span<const int64_t> ends, const Dims& axes,
                   std::span<const int64_t> steps) {
  SliceParts parts;
  for (size_t i = 0; i < x.size(); ++i) parts[i] = {0, 1, x[i]};
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<size_t>(axes[i]);
    parts[axis] = PartOf(starts[i], ends[i], steps.empty() ? 1 : steps[i], x[axis]);
  }
  return parts;
}

Status Move(const Tensor& x, const SliceParts& parts, Tensor* y) {
  Dims strides = StridesOf(x.dims);
  int64_t from = 0;
  for (size_t i = 0; i < strides.size(); ++i) {
    if (parts[i].count == 0) return {};
    from += parts[i].start * strides[i];
    strides[i] *= parts[i].stride();
  }
  CopyStrided(x, from, strides, y, 0, StridesOf(y->dims), y->dims);
  return {};
}

Result<Dims> AxesOf(std::optional<std::span<const int64_t>> axes, size_t count, int rank) {
  if (axes) return NormalizeAxes(*axes, rank);
  HASTEN_REQUIRE(count <= static_cast<size_t>(rank), "must have at most ", rank, " starts, has ", count);
  Dims all;
  for (size_t i = 0; i < count; ++i) all.push_back(static_cast<int64_t>(i));
  return all;
}

// How many axes are sliced, from whichever list tells; all that tell must agree.
Result<std::optional<size_t>> CountAxes(const InferCall& c) {
  std::optional<size_t> count;
  for (int i = 1; i < 5; ++i) {
    if (!c.has(i) || !c.shape(i).ranked() || !c.shape(i).elements().is_const()) continue;
    const auto n = static_cast<size_t>(c.shape(i).elements().value());
    HASTEN_REQUIRE(!count || n == *count, "starts, ends, axes and steps must have one length, have ", *count, " and ",
                   n);
    count = n;
  }
  return count;
}

Status InferParts(InferCall& c, size_t count, Shape* y) {
  const auto starts = c.KnownOf(1), ends = c.KnownOf(2), steps = c.KnownOf(4);
  const auto axes = c.ConstInts(3);
  for (const auto* known : {&starts, &ends, &steps})
    HASTEN_REQUIRE(!*known || (*known)->elements.size() == count, "must have ", count, " starts, ends and steps");
  if (c.has(3) && !axes) {
    *y = Shape::Fresh(y->rank());
    return {};
  }
  const Shape x = *y;
  HASTEN_ASSIGN(const Dims at, AxesOf(axes, count, x.rank()));
  for (size_t i = 0; i < at.size(); ++i) {
    const Dim step = steps ? steps->elements[i] : c.has(4) ? Dim::Fresh() : Dim(1);
    HASTEN_REQUIRE(!step.is(0), "steps must not be 0");
    const auto axis = static_cast<int>(at[i]);
    (*y)[axis] = starts && ends ? CountOf(starts->elements[i], ends->elements[i], step, x[axis]) : Dim::Fresh();
  }
  return {};
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 3));
  for (int i = 1; i < 5; ++i) HASTEN_TRY(RequireIndices(c, i));
  HASTEN_ASSIGN(const auto count, CountAxes(c));
  Shape y = c.shape(0);
  if (y.ranked() && count)
    HASTEN_TRY(InferParts(c, *count, &y));
  else if (y.ranked())
    y = Shape::Fresh(y.rank());
  HASTEN_TRY(OutShape(c, 0, c.dtype(0), std::move(y)));
  const auto starts = c.ConstInts(1), ends = c.ConstInts(2), axes = c.ConstInts(3), steps = c.ConstInts(4);
  if (starts && ends && (axes || !c.has(3)) && (steps || !c.has(4))) {
    MoveInts(c, [&](const Tensor& from, Tensor* to) -> Status {
      HASTEN_ASSIGN(const Dims at, AxesOf(axes, starts->size(), from.dims.rank()));
      HASTEN_REQUIRE(at.size() == starts->size() && at.size() == ends->size(), "lists differ in length");
      return Move(from, PartsOf(from.dims, *starts, *ends, at, steps ? *steps : std::vector<int64_t>()), to);
    });
  }
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor * y, BoundOutput(c, 0));
  HASTEN_ASSIGN(const SliceParts parts, SlicePartsOf(c));
  return Move(c.input(0), parts, y);
}

Status UpFrom1(OnnxNode& n) {
  HASTEN_TRY(AttrIntsToInput(n, "starts", 1));
  HASTEN_TRY(AttrIntsToInput(n, "ends", 2));
  return AttrIntsToInput(n, "axes", 3);
}
Status DownTo1(OnnxNode& n) {
  if (n.has(4)) {
    const Tensor* steps = n.ConstantOf(4);
    const std::vector<int64_t> v = steps ? ToInts(*steps) : std::vector<int64_t>{0};
    if (std::any_of(v.begin(), v.end(), [](int64_t s) { return s != 1; }))
      return Status(Code::kUnsupported, Str("Slice with steps needs opset 10, is written at ", n.opset));
    n.inputs.resize(4);
  }
  HASTEN_TRY(InputToAttrInts(n, "axes", 3));
  HASTEN_TRY(InputToAttrInts(n, "ends", 2));
  return InputToAttrInts(n, "starts", 1);
}

constexpr OnnxVersion kVersions[] = {{1, UpFrom1, DownTo1}, {10}, {11}, {13}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {5, 7, 3}};
  const SampleInput none{DType::kNone, {}};
  return {{"leading axes", {x, IntList({1, 2}), IntList({4, 5})}},
          {"axes in any order, one negative", {x, IntList({0, 1}), IntList({2, 3}), IntList({-1, 0})}},
          {"steps", {x, IntList({0, 1}), IntList({5, 7}), IntList({0, 1}), IntList({2, 3})}},
          {"backwards", {x, IntList({-1}), IntList({-1e9}), IntList({1}), IntList({-2})}},
          {"bounds beyond the axis", {x, IntList({-99}), IntList({99}), IntList({1})}},
          {"empty", {x, IntList({3}), IntList({3}), IntList({0})}},
          {"step beyond the axis", {x, IntList({1}), IntList({7}), IntList({1}), IntList({100})}},
          {"backwards from before the first", {x, IntList({-99}), IntList({-98}), IntList({1}), IntList({-1})}},
          {"of an empty axis", {{DType::kF32, {0, 2}}, IntList({0}), IntList({5}), none, IntList({-1})}},
          {"i4 inside bytes", {{DType::kI4, {3, 5}, -8, 7}, IntList({1}), IntList({4}), IntList({1})}},
          {"strings", {{DType::kString, {3}, 0, 0, {}, {"a", "b", "c"}}, IntList({1}), IntList({3})}}};
}

}  // namespace

extern const OpDef kSlice = {
    .name = "Slice",
    .doc =
        "x[starts[0]:ends[0]:steps[0], ...] along `axes`: negative bounds count from the end, then all are "
        "clamped. Inputs: x (any dtype); starts, ends, axes (default: the first), steps (default: ones), i32 or "
        "i64 [k].",
    .arity = {3, 5},
    .onnx = {"", "Slice", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace ops

Result<SliceParts> SlicePartsOf(const KernelCall& c) {
  HASTEN_ASSIGN(const auto starts, c.Ints(1));
  HASTEN_ASSIGN(const auto ends, c.Ints(2));
  std::optional<std::span<const int64_t>> axes;
  std::span<const int64_t> steps;
  if (c.has(3)) {
    HASTEN_ASSIGN(axes, c.Ints(3));
  }
  if (c.has(4)) {
    HASTEN_ASSIGN(steps, c.Ints(4));
  }
  HASTEN_ASSIGN(const Dims at, ops::AxesOf(axes, starts.size(), c.input(0).dims.rank()));
  return ops::PartsOf(c.input(0).dims, starts, ends, at, steps);
}

}  // namespace hasten
