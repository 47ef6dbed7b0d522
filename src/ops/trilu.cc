#include "ops/movement.h"

namespace hasten::ops {
namespace {

struct TriluAttrs {
  bool upper = true;
};
constexpr AttrField kFields[] = {Field<&TriluAttrs::upper>("upper")};

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 1));
  HASTEN_TRY(RequireIndices(c, 1));
  HASTEN_TRY(RequireOneElement(c, 1));
  const Shape& x = c.shape(0);
  HASTEN_REQUIRE(!x.ranked() || x.rank() >= 2, "input must have rank 2 at least, has shape ", x);
  return OutShape(c, 0, c.dtype(0), x);
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  const Tensor& x = c.input(0);
  const size_t rank = x.dims.size();
  const int64_t rows = x.dims[rank - 2], columns = x.dims[rank - 1];
  const int64_t k = std::clamp(c.has(1) ? c.input(1).Int(0) : 0, -rows, columns);
  FillZero(y);
  for (int64_t row = 0; row < x.dims.Product(0, static_cast<int>(rank) - 1); ++row) {
    const int64_t diagonal = row % rows + k;
    const int64_t first = c.attrs<TriluAttrs>().upper ? std::clamp<int64_t>(diagonal, 0, columns) : 0;
    const int64_t end = c.attrs<TriluAttrs>().upper ? columns : std::clamp<int64_t>(diagonal + 1, 0, columns);
    CopyElements(x, row * columns + first, y, row * columns + first, end - first);
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{14}};

std::vector<Sample> Samples() {
  const NamedAttr lower{"upper", int64_t{0}};
  const SampleInput x{DType::kF32, {2, 4, 5}};
  return {{"upper", {x}},
          {"lower", {x}, {lower}},
          {"upper, above the diagonal", {x, IntScalar(2)}},
          {"lower, below the diagonal", {x, IntScalar(-1)}, {lower}},
          {"all", {x, IntScalar(-99)}},
          {"nothing", {x, IntScalar(-99)}, {lower}},
          {"empty", {{DType::kF32, {0, 3}}}},
          {"bool", {{DType::kBool, {3, 3}, 0, 1}}},
          {"i64", {{DType::kI64, {5, 2}, -9, 9}}, {lower}}};
}

}  // namespace

extern const OpDef kTrilu = {
    .name = "Trilu",
    .doc =
        "x[.., i, j] where j >= i + k (upper) or j <= i + k (lower), else zero. x: [.., n, m], any dtype; k: one "
        "integer, default 0.",
    .attrs = SchemaOf<TriluAttrs>(kFields),
    .arity = {1, 2},
    .onnx = {"", "Trilu", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
