#include "ops/gelu.h"
#include "ops/microsoft/bias.h"

namespace hasten::ops::microsoft {
namespace {

Status Eval(KernelCall& c) { return EvalWithBias(c, GeluWithErf); }

constexpr OnnxVersion kVersions[] = {{1}};

}  // namespace

extern const OpDef kBiasGelu = {
    .name = "com.microsoft.BiasGelu",
    .doc = "y = v / 2 * (1 + erf(v / sqrt(2))), v = x + bias along the last axis. x, y: float [d..., N]; bias: [N].",
    .arity = {2, 2},
    .onnx = {"com.microsoft", "BiasGelu", kVersions},
    .infer = InferWithBias,
    .eval = Eval,
    .traits = {.in_place_input = 0},
    .samples = BiasSamples,
};

}  // namespace hasten::ops::microsoft
