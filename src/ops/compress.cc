#include "ops/movement.h"

namespace hasten::ops {
namespace {

struct CompressAttrs {
  std::optional<int64_t> axis;
};
constexpr AttrField kFields[] = {Field<&CompressAttrs::axis>("axis")};

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 2));
  HASTEN_TRY(c.RequireRank(1, 1));
  HASTEN_REQUIRE(c.dtype(1) == DType::kNone || c.dtype(1) == DType::kBool, "condition must be bool, is ", c.type(1));
  const auto& axis = c.attrs<CompressAttrs>().axis;
  Shape y{Dim::Fresh()};
  if (axis) {
    y = c.shape(0);
    if (y.ranked()) {
      HASTEN_ASSIGN(const int a, NormalizeAxis(*axis, y.rank()));
      y[a] = Dim::Fresh();
    }
  }
  return OutShape(c, 0, c.dtype(0), std::move(y));
}

Status Eval(KernelCall& c) {
  const Tensor& x = c.input(0);
  HASTEN_ASSIGN(const auto condition, c.Ints(1));
  const auto& given = c.attrs<CompressAttrs>().axis;
  Dims dims = given ? x.dims : Dims{x.elements()};
  HASTEN_ASSIGN(const int axis, NormalizeAxis(given.value_or(0), dims.rank()));
  const int64_t dim = dims[static_cast<size_t>(axis)];
  const int64_t outer = dims.Product(0, axis), inner = dims.Product(axis + 1, dims.rank());
  for (size_t i = 0; i < condition.size(); ++i)
    if (condition[i] && static_cast<int64_t>(i) >= dim)
      return Status(Code::kInvalidArgument, Str("condition must select from ", dim, " entries, selects entry ", i));
  const int64_t kept = std::count_if(condition.begin(), condition.end(), [](int64_t v) { return v != 0; });
  dims[static_cast<size_t>(axis)] = kept;
  HASTEN_ASSIGN(Tensor* y, c.Allocate(0, x.dtype, dims));
  int64_t to = 0;
  for (int64_t o = 0; o < outer; ++o) {
    for (size_t i = 0; i < condition.size(); ++i) {
      if (!condition[i]) continue;
      CopyElements(x, (o * dim + static_cast<int64_t>(i)) * inner, y, to, inner);
      to += inner;
    }
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{9}, {11}, {28}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {3, 2, 5}};
  const auto mask = [](std::vector<double> v) {
    return SampleInput{DType::kBool, {static_cast<int64_t>(v.size())}, 0, 0, v};
  };
  const auto axis = [](int64_t a) { return std::vector<NamedAttr>{{"axis", a}}; };
  return {{"flattened, short condition", {x, mask({0, 1, 1, 0, 1})}},
          {"axis 0", {x, mask({1, 0, 1})}, axis(0)},
          {"last axis", {x, mask({0, 0, 1, 1, 0})}, axis(-1)},
          {"nothing", {x, mask({0, 0})}, axis(1)},
          {"u4", {{DType::kU4, {2, 3}, 0, 15}, mask({1, 0, 1})}, axis(1)},
          {"strings", {{DType::kString, {2}, 0, 0, {}, {"a", "b"}}, mask({0, 1})}}};
}

}  // namespace

extern const OpDef kCompress = {
    .name = "Compress",
    .doc =
        "The entries of x along `axis` (without it: of the flattened x) at which condition (bool [k]) is true; "
        "entries from k on are dropped. Any dtype; the shape depends on the data.",
    .attrs = SchemaOf<CompressAttrs>(kFields),
    .arity = {2, 2},
    .onnx = {"", "Compress", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
