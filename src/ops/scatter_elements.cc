#include "ops/scatter.h"

namespace hasten {
namespace {

// Where each update goes in data: written to `targets`, one an update.
Status FindTargets(const Dims& data, int axis, const Dims& updates, std::span<const int64_t> indices,
                   int64_t* targets) {
  Dims strides = StridesOf(data);
  const int64_t stride = std::exchange(strides[static_cast<size_t>(axis)], 0);
  StridedWalk at(updates, strides);
  for (int64_t i : indices) {
    HASTEN_ASSIGN(const int64_t index, NormalizeIndex(i, data[static_cast<size_t>(axis)]));
    *targets++ = at.offset() + index * stride;
    at.Next();
  }
  return {};
}

void PropagateElements(InferCall& c, int axis) {
  const auto data = c.shape(0).Concrete(), updates = c.shape(1).Concrete();
  const auto indices = c.ConstInts(1);
  if (!data || !updates || !indices || data->elements() > kMaxKnownInts) return;
  std::vector<int64_t> targets(indices->size());
  if (FindTargets(*data, axis, *updates, *indices, targets.data()).ok()) PropagateUpdates(c, targets, 1);
}

}  // namespace

Status InferScatterElements(InferCall& c) {
  const auto& a = c.attrs<ScatterElementsAttrs>();
  HASTEN_TRY(CheckReduction(a.reduction));
  HASTEN_TRY(RequireTensors(c, 3));
  HASTEN_TRY(c.RequireSameDType(0, 2));
  HASTEN_REQUIRE(c.dtype(1) == DType::kNone || IsInteger(c.dtype(1)), "indices must be integers, are ", c.type(1));
  const Shape &x = c.shape(0), &indices = c.shape(1), &updates = c.shape(2);
  HASTEN_TRY(OutShape(c, 0, c.dtype(0), x));
  if (indices.ranked()) {
    HASTEN_TRY(c.RequireRank(2, indices.rank()));
    for (int i = 0; updates.ranked() && i < updates.rank(); ++i)
      HASTEN_TRY(c.RequireDims(2, i, indices[i], "as of the indices"));
  }
  if (!x.ranked()) return {};
  HASTEN_ASSIGN(const int axis, NormalizeAxis(a.axis, x.rank()));
  HASTEN_TRY(c.RequireRank(1, x.rank()));
  for (int i = 0; indices.ranked() && i < x.rank(); ++i)
    HASTEN_REQUIRE(i == axis || !x[i].is_const() || !indices[i].is_const() || indices[i].value() <= x[i].value(),
                   "dim ", i, " of indices ", indices, " must be at most that of data ", x);
  if (a.reduction == "none") PropagateElements(c, axis);
  return {};
}

Status EvalScatterElements(KernelCall& c) {
  const auto& a = c.attrs<ScatterElementsAttrs>();
  const Dims& data = c.input(0).dims;
  HASTEN_ASSIGN(const int axis, NormalizeAxis(a.axis, data.rank()));
  HASTEN_ASSIGN(const auto indices, c.Ints(1));
  HASTEN_ASSIGN(const auto targets, c.Scratch<int64_t>(c.input(1).elements()));
  HASTEN_TRY(FindTargets(data, axis, c.input(1).dims, indices, targets.data()));
  return ApplyUpdates(c, a.reduction, targets, 1);
}

namespace ops {
namespace {

constexpr AttrField kFields[] = {Field<&ScatterElementsAttrs::axis>("axis"),
                                 Field<&ScatterElementsAttrs::reduction>("reduction")};

// Opset 9 called it Scatter.
Status DownTo9(OnnxNode& n) {
  n.type = "Scatter";
  return {};
}

constexpr OnnxVersion kVersions[] = {
    {9, nullptr, DownTo9}, {11}, {13, nullptr, DownReductionTo13}, {16, nullptr, DownReductionTo16}, {18}};

std::vector<Sample> Samples() {
  const auto reduction = [](std::string r) {
    return std::vector<NamedAttr>{{"axis", int64_t{1}}, {"reduction", std::move(r)}};
  };
  const SampleInput x{DType::kF32, {2, 5}}, twice{DType::kI64, {2, 3}, 0, 0, {1, -1, 1, 0, 0, 3}};
  const SampleInput updates{DType::kF32, {2, 3}};
  const SampleInput ints{DType::kI8, {2, 5}, -128, 127}, int_updates{DType::kI8, {2, 3}, -128, 127};
  return {
      {"axis 0", {x, {DType::kI32, {1, 4}, -2, 1}, {DType::kF32, {1, 4}}}},
      {"last axis", {x, {DType::kI64, {2, 2}, 0, 0, {4, 0, -4, 2}}, {DType::kF32, {2, 2}}}, {{"axis", int64_t{-1}}}},
      {"add, one place twice", {x, twice, updates}, reduction("add")},
      {"mul", {x, twice, updates}, reduction("mul")},
      {"max", {x, twice, updates}, reduction("max")},
      {"min", {ints, twice, int_updates}, reduction("min")},
      {"i8 add wraps", {ints, twice, int_updates}, reduction("add")},
      {"u8 max", {{DType::kU8, {2, 5}, 0, 255}, twice, {DType::kU8, {2, 3}, 0, 255}}, reduction("max")},
      {"no updates", {x, {DType::kI64, {0, 5}}, {DType::kF32, {0, 5}}}},
      {"strings", {{DType::kString, {2}, 0, 0, {}, {"a", "b"}}, IntList({1}), {DType::kString, {1}, 0, 0, {}, {"c"}}}}};
}

}  // namespace

extern const OpDef kScatterElements = {
    .name = "ScatterElements",
    .doc =
        "y = data, then y[i.. with the index along `axis` replaced by indices[i..]] = updates[i..], or the "
        "reduction (add, mul, max, min) of what is there and the update. indices (integers) and updates have one "
        "shape, of data's rank and no larger off the axis. Any dtype. Sums are rounded once.",
    .attrs = SchemaOf<ScatterElementsAttrs>(kFields),
    .arity = {3, 3},
    .onnx = {"", "ScatterElements", kVersions},
    .infer = InferScatterElements,
    .eval = EvalScatterElements,
    .traits = {.exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace ops
}  // namespace hasten
