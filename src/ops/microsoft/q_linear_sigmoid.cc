#include "ops/microsoft/quantized_values.h"

namespace hasten::ops::microsoft {
namespace {

Status Eval(KernelCall& c) {
  return EvalQuantizedUnary(c, [](double x) { return 1 / (1 + std::exp(-x)); });
}

constexpr OnnxVersion kVersions[] = {{1}};

}  // namespace

extern const OpDef kQLinearSigmoid = {
    .name = "com.microsoft.QLinearSigmoid",
    .doc =
        "y = saturate(round(1 / (1 + e^-v) / y_scale) + y_zero), v = (x - x_zero) * x_scale, rounding half to even. x, "
        "y: i8 or u8 "
        "[d...]; scales f32 [], zero points of that dtype [], 0 where absent.",
    .arity = {2, 5},
    .onnx = {"com.microsoft", "QLinearSigmoid", kVersions},
    .infer = InferQuantizedUnary,
    .eval = Eval,
    .samples = [] { return QuantizedUnarySamples(); },
};

}  // namespace hasten::ops::microsoft
