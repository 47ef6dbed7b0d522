#include "ops/microsoft/quantized_values.h"

namespace hasten::ops::microsoft {
namespace {

Status Eval(KernelCall& c) {
  return EvalQuantizedBinary(c, [](double a, double b) { return a * b; });
}

constexpr OnnxVersion kVersions[] = {{1}};

}  // namespace

extern const OpDef kQLinearMul = {
    .name = "com.microsoft.QLinearMul",
    .doc =
        "y = saturate(round(((a - a_zero) * a_scale * (b - b_zero) * b_scale) / y_scale) + y_zero), rounding half to "
        "even, with "
        "broadcasting. a, b, y: i8 or u8 [d...]; scales f32 [], zero points of that dtype [], 0 where absent.",
    .arity = {2, 8},
    .onnx = {"com.microsoft", "QLinearMul", kVersions},
    .infer = InferQuantizedBinary,
    .eval = Eval,
    .samples = QuantizedBinarySamples,
};

}  // namespace hasten::ops::microsoft
