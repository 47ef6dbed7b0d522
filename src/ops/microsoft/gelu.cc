#include "ops/gelu.h"

#include "ops/elementwise.h"

namespace hasten::ops::microsoft {
namespace {

Status Eval(KernelCall& c) { return EvalReal(c, GeluWithErf); }

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() { return RealSamples(-6, 6); }

}  // namespace

extern const OpDef kGelu = {
    .name = "com.microsoft.Gelu",
    .doc = "y = x / 2 * (1 + erf(x / sqrt(2))), elementwise. x, y: float [d...].",
    .arity = {1, 1},
    .onnx = {"com.microsoft", "Gelu", kVersions},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
