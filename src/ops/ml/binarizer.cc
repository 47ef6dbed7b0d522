#include "ops/elementwise.h"
#include "ops/ml/rows.h"

namespace hasten::ops::ml {
namespace {

struct BinarizerAttrs {
  float threshold = 0;
};
constexpr AttrField kFields[] = {Field<&BinarizerAttrs::threshold>("threshold")};

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireNumbers(c, 0));
  return InferSameAsInput(c);
}

Status Eval(KernelCall& c) {
  const auto threshold = static_cast<double>(c.attrs<BinarizerAttrs>().threshold);
  return EvalReal(c, [threshold](double x) { return x > threshold ? 1.0 : 0.0; });
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  return {{"above, at and below", {{DType::kF32, {5}, 0, 0, {0.5, 1, 1.5, -2, NAN}}}, {{"threshold", 1.0f}}},
          {"integers", {{DType::kI64, {2, 3}, -3, 3}}},
          {"empty", {{DType::kF64, {0, 3}}}}};
}

}  // namespace

extern const OpDef kBinarizer = {
    .name = "ai.onnx.ml.Binarizer",
    .doc = "y = 1 where x > threshold, else 0, in x's dtype.",
    .attrs = SchemaOf<BinarizerAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"ai.onnx.ml", "Binarizer", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true},
    .samples = Samples,
};

}  // namespace hasten::ops::ml
