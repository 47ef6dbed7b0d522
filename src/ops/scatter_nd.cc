#include "ops/scatter.h"

namespace hasten::ops {
namespace {

constexpr AttrField kFields[] = {Field<&ScatterNDAttrs::reduction>("reduction")};

// Where the run of each tuple begins in data.
Status FindTargets(const Dims& data, std::span<const int64_t> indices, int64_t k, int64_t* targets) {
  const Dims strides = StridesOf(data);
  for (size_t at = 0; at < indices.size(); at += static_cast<size_t>(k), ++targets) {
    *targets = 0;
    for (size_t j = 0; j < static_cast<size_t>(k); ++j) {
      HASTEN_ASSIGN(const int64_t index, NormalizeIndex(indices[at + j], data[j]));
      *targets += index * strides[j];
    }
  }
  return {};
}

Status CheckUpdates(const InferCall& c, int k) {
  const Shape &x = c.shape(0), &indices = c.shape(1);
  const int tuples = indices.rank() - 1;
  HASTEN_TRY(c.RequireRank(2, tuples + x.rank() - k));
  for (int i = 0; i < tuples; ++i) HASTEN_TRY(c.RequireDims(2, i, indices[i], "as of the indices"));
  for (int i = k; i < x.rank(); ++i) HASTEN_TRY(c.RequireDims(2, tuples + i - k, x[i], "as of the data"));
  return {};
}

Status Infer(InferCall& c) {
  const std::string& reduction = c.attrs<ScatterNDAttrs>().reduction;
  HASTEN_TRY(CheckReduction(reduction));
  HASTEN_TRY(RequireTensors(c, 3));
  HASTEN_TRY(c.RequireSameDType(0, 2));
  HASTEN_REQUIRE(c.dtype(1) == DType::kNone || IsInteger(c.dtype(1)), "indices must be integers, are ", c.type(1));
  const Shape &x = c.shape(0), &indices = c.shape(1);
  HASTEN_TRY(OutShape(c, 0, c.dtype(0), x));
  if (!x.ranked() || !indices.ranked()) return {};
  HASTEN_REQUIRE(x.rank() >= 1 && indices.rank() >= 1, "data and indices must have rank 1 at least, are ", x, " and ",
                 indices);
  const Dim& tuple = indices[indices.rank() - 1];
  if (!tuple.is_const()) return {};
  HASTEN_REQUIRE(tuple.value() >= 1 && tuple.value() <= x.rank(), "the last dim of indices must be in [1, ", x.rank(),
                 "], is ", tuple);
  const auto k = static_cast<int>(tuple.value());
  HASTEN_TRY(CheckUpdates(c, k));
  const auto data = x.Concrete();
  const auto known = c.ConstInts(1);
  if (!data || !known || reduction != "none" || data->elements() > kMaxKnownInts) return {};
  std::vector<int64_t> targets(known->size() / static_cast<size_t>(k));
  if (known->size() % static_cast<size_t>(k) == 0 && FindTargets(*data, *known, k, targets.data()).ok())
    PropagateUpdates(c, targets, data->Product(k, data->rank()));
  return {};
}

Status Eval(KernelCall& c) {
  const Dims& data = c.input(0).dims;
  const int64_t k = c.input(1).dims.back();
  HASTEN_ASSIGN(const auto indices, c.Ints(1));
  HASTEN_ASSIGN(const auto targets, c.Scratch<int64_t>(c.input(1).elements() / k));
  HASTEN_TRY(FindTargets(data, indices, k, targets.data()));
  return ApplyUpdates(c, c.attrs<ScatterNDAttrs>().reduction, targets, data.Product(static_cast<int>(k), data.rank()));
}

constexpr OnnxVersion kVersions[] = {{11}, {13, nullptr, DownReductionTo13}, {16, nullptr, DownReductionTo16}, {18}};

std::vector<Sample> Samples() {
  const auto reduction = [](std::string r) { return std::vector<NamedAttr>{{"reduction", std::move(r)}}; };
  const SampleInput x{DType::kF32, {3, 4, 2}}, rows{DType::kI64, {3, 1}, 0, 0, {2, 0, 2}},
      updates{DType::kF32, {3, 4, 2}};
  return {{"elements", {x, {DType::kI64, {2, 3}, 0, 0, {0, -1, 1, 2, 2, 0}}, {DType::kF32, {2}}}},
          {"rows", {x, {DType::kI64, {2, 1}, 0, 0, {2, 0}}, {DType::kF32, {2, 4, 2}}}},
          {"add, one row twice", {x, rows, updates}, reduction("add")},
          {"mul", {x, rows, updates}, reduction("mul")},
          {"max", {x, rows, updates}, reduction("max")},
          {"min", {x, rows, updates}, reduction("min")},
          {"no updates", {x, {DType::kI64, {0, 1}}, {DType::kF32, {0, 4, 2}}}},
          {"bool", {{DType::kBool, {3}, 0, 1}, {DType::kI64, {1, 1}, 0, 0, {1}}, {DType::kBool, {1}, 0, 1}}}};
}

}  // namespace

extern const OpDef kScatterNd = {
    .name = "ScatterND",
    .doc =
        "y = data, then y[indices[i.., :], j..] = updates[i.., j..], or the reduction (add, mul, max, min) of what "
        "is there and the update: the last axis of indices (integers) holds tuples that index the first axes of "
        "data. Any dtype. Sums are rounded once.",
    .attrs = SchemaOf<ScatterNDAttrs>(kFields),
    .arity = {3, 3},
    .onnx = {"", "ScatterND", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
