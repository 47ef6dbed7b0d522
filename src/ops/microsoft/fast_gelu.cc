#include "ops/gelu.h"
#include "ops/microsoft/bias.h"

namespace hasten::ops::microsoft {
namespace {

Status Eval(KernelCall& c) { return EvalWithBias(c, GeluWithTanh); }

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = BiasSamples();
  for (const Sample& s : RealSamples(-6, 6)) out.push_back(s);
  return out;
}

}  // namespace

extern const OpDef kFastGelu = {
    .name = "com.microsoft.FastGelu",
    .doc =
        "y = v / 2 * (1 + tanh(sqrt(2 / pi) * (v + 0.044715 * v^3))), v = x + bias along the last axis. x, y: float "
        "[d..., N]; "
        "bias: [N], or none.",
    .arity = {1, 2},
    .onnx = {"com.microsoft", "FastGelu", kVersions},
    .infer = InferWithBias,
    .eval = Eval,
    .traits = {.in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
