#include "ops/dtype_attr.h"
#include "ops/movement.h"

namespace hasten::ops {
namespace {

struct EyeLikeAttrs {
  std::optional<int64_t> dtype;
  int64_t k = 0;
};
constexpr AttrField kFields[] = {Field<&EyeLikeAttrs::dtype>("dtype"), Field<&EyeLikeAttrs::k>("k")};

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 1));
  HASTEN_TRY(c.RequireRank(0, 2));
  DType dtype = c.dtype(0);
  if (const auto& given = c.attrs<EyeLikeAttrs>().dtype) {
    HASTEN_ASSIGN(dtype, DTypeFromAttr(*given));
  }
  HASTEN_REQUIRE(dtype != DType::kString, "dtype must be a number or bool, is string");
  return OutShape(c, 0, dtype, c.shape(0).ranked() ? c.shape(0) : Shape::Fresh(2));
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  const int64_t rows = y->dims[0], columns = y->dims[1];
  const int64_t k = std::clamp(c.attrs<EyeLikeAttrs>().k, -rows, columns);
  FillZero(y);
  for (int64_t i = std::max<int64_t>(-k, 0); i < rows && i + k < columns; ++i) y->SetDouble(i * columns + i + k, 1);
  return {};
}

constexpr OnnxVersion kVersions[] = {{9}, {22}};

std::vector<Sample> Samples() {
  const auto k = [](int64_t v) { return std::vector<NamedAttr>{{"k", v}}; };
  return {{"wide", {{DType::kF32, {3, 5}}}},
          {"tall, above", {{DType::kI32, {5, 3}, -9, 9}}, k(1)},
          {"below", {{DType::kF16, {4, 4}}}, k(-2)},
          {"beyond", {{DType::kF32, {2, 3}}}, k(7)},
          {"another dtype", {{DType::kF32, {3, 3}}}, {{"dtype", int64_t{7}}}},
          {"empty", {{DType::kF32, {0, 3}}}}};
}

}  // namespace

extern const OpDef kEyeLike = {
    .name = "EyeLike",
    .doc = "y[i, j] = 1 where j = i + k, else 0, of x's shape [n, m] and of dtype `dtype` (default: x's).",
    .attrs = SchemaOf<EyeLikeAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "EyeLike", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
