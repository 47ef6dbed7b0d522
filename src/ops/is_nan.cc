#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireKind(c, 0, DTypeKind::kFloat));
  c.Out(0, DType::kBool, c.shape(0));
  return {};
}

Status Eval(KernelCall& c) {
  return EvalReal(c, [](double x) { return std::isnan(x) ? 1.0 : 0.0; });
}

constexpr OnnxVersion kVersions[] = {{9}, {13}, {20}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = RealSamples(-3, 3);
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  for (DType t : {DType::kF16, DType::kBF16, DType::kF64, DType::kF8E4M3FN, DType::kF8E5M2, DType::kF8E4M3FNUZ})
    out.push_back({"NaN of every width", {{t, {3}, 0, 0, {kNaN, 1, -0.0}}}});
  return out;
}

}  // namespace

extern const OpDef kIsNan = {
    .name = "IsNaN",
    .doc = "y = x is not a number, elementwise. x: float [d...]; y: bool [d...].",
    .arity = {1, 1},
    .onnx = {"", "IsNaN", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
