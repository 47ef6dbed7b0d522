#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  PropagateInts(c, [](const Dim& a, const Dim& b) { return a - b; });
  return InferBroadcastNumbers(c);
}

Status Eval(KernelCall& c) {
  return EvalBinary(c, {.real = [](double a, double b) { return a - b; }, .integer = WrappingSub});
}

constexpr OnnxVersion kVersions[] = {
    {1, DropConsumedInputs}, {6, UpgradeLegacyBroadcast, DowngradeBroadcast}, {7}, {13}, {14}};

std::vector<Sample> Samples() { return NumberPairSamples(); }

}  // namespace

extern const OpDef kSub = {
    .name = "Sub",
    .doc =
        "y = a - b, elementwise with numpy broadcasting. a: number [d...]; b: the same dtype; y: [broadcast]. Integers "
        "wrap.",
    .arity = {2, 2},
    .onnx = {"", "Sub", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
