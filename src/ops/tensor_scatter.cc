#include "ops/movement.h"

namespace hasten::ops {
namespace {

struct TensorScatterAttrs {
  int64_t axis = -2;
  std::string mode = "linear";
};
constexpr AttrField kFields[] = {Field<&TensorScatterAttrs::axis>("axis"), Field<&TensorScatterAttrs::mode>("mode")};

Status Infer(InferCall& c) {
  const auto& a = c.attrs<TensorScatterAttrs>();
  HASTEN_REQUIRE(a.mode == "linear" || a.mode == "circular", "mode must be linear or circular, is ", Quote(a.mode));
  HASTEN_TRY(RequireTensors(c, 2));
  HASTEN_TRY(c.RequireSameDType(0, 1));
  HASTEN_TRY(RequireIndices(c, 2));
  const Shape &cache = c.shape(0), &update = c.shape(1);
  HASTEN_TRY(OutShape(c, 0, c.dtype(0), cache));
  if (!cache.ranked()) return {};
  HASTEN_ASSIGN(const int axis, NormalizeAxis(a.axis, cache.rank()));
  HASTEN_REQUIRE(axis > 0, "axis must not be 0, which is the batch");
  HASTEN_TRY(c.RequireRank(1, cache.rank()));
  HASTEN_TRY(c.RequireRank(2, 1));
  HASTEN_TRY(c.RequireDims(2, 0, cache[0], "batch"));
  if (!update.ranked()) return {};
  for (int i = 0; i < cache.rank(); ++i) {
    if (i != axis)
      HASTEN_TRY(c.RequireDims(1, i, cache[i], "as of the cache"));
    else
      HASTEN_REQUIRE(!cache[i].is_const() || !update[i].is_const() || update[i].value() <= cache[i].value(), "axis ", i,
                     " of the update must be at most ", cache[i], ", is ", update[i]);
  }
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  const auto& a = c.attrs<TensorScatterAttrs>();
  const Tensor &cache = c.input(0), &update = c.input(1);
  HASTEN_ASSIGN(const int axis, NormalizeAxis(a.axis, cache.dims.rank()));
  std::span<const int64_t> starts;
  if (c.has(2)) {
    HASTEN_ASSIGN(starts, c.Ints(2));
  }
  CopyElements(cache, 0, y, 0, cache.elements());
  const int64_t outer = cache.dims.Product(0, axis), per_batch = cache.dims.Product(1, axis);
  const int64_t run = cache.dims.Product(axis + 1, cache.dims.rank());
  const int64_t room = cache.dims[static_cast<size_t>(axis)], entries = update.dims[static_cast<size_t>(axis)];
  for (int64_t o = 0; o < outer; ++o) {
    const int64_t start = starts.empty() ? 0 : starts[static_cast<size_t>(o / per_batch)];
    if (a.mode == "linear" && (start < 0 || start > room - entries))
      return Status(Code::kInvalidArgument, Str("write index must be in [0, ", room - entries, "], is ", start));
    for (int64_t s = 0; s < entries; ++s) {
      const int64_t at = ((start % room + s) % room + room) % room;
      CopyElements(update, (o * entries + s) * run, y, (o * room + at) * run, run);
    }
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{24}};

std::vector<Sample> Samples() {
  const SampleInput cache{DType::kF32, {2, 3, 5, 2}}, update{DType::kF32, {2, 3, 2, 2}};
  return {{"at the front", {cache, update}},
          {"each batch elsewhere", {cache, update, IntList({3, 1})}},
          {"circular", {cache, update, IntList({4, 7})}, {{"mode", std::string("circular")}}},
          {"axis 1", {{DType::kF16, {2, 5, 3}}, {DType::kF16, {2, 1, 3}}, IntList({0, 4})}, {{"axis", int64_t{1}}}},
          {"nothing to write", {cache, {DType::kF32, {2, 3, 0, 2}}, IntList({5, 0})}}};
}

}  // namespace

extern const OpDef kTensorScatter = {
    .name = "TensorScatter",
    .doc =
        "y = cache [b, .., n, ..], then along `axis` y[b, .., write_indices[b] + s, ..] = update[b, .., s, ..] for "
        "all s; write_indices: i64 [b], default zeros; mode circular takes the place modulo n. Any dtype.",
    .attrs = SchemaOf<TensorScatterAttrs>(kFields),
    .arity = {2, 3},
    .onnx = {"", "TensorScatter", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
