#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  PropagateInts(c, [](const Dim& a, const Dim& b) { return a + b; });
  return InferBroadcastNumbers(c);
}

Status Eval(KernelCall& c) {
  return EvalBinary(c, {.real = [](double a, double b) { return a + b; }, .integer = WrappingAdd});
}

constexpr OnnxVersion kVersions[] = {
    {1, DropConsumedInputs}, {6, UpgradeLegacyBroadcast, DowngradeCommutative}, {7}, {13}, {14}};

std::vector<Sample> Samples() { return NumberPairSamples(); }

}  // namespace

extern const OpDef kAdd = {
    .name = "Add",
    .doc =
        "y = a + b, elementwise with numpy broadcasting. a: number [d...]; b: the same dtype; y: [broadcast]. Integers "
        "wrap.",
    .arity = {2, 2},
    .onnx = {"", "Add", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .commutative = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
