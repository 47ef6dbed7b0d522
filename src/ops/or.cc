#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  PropagateToBool(c, [](const Dim& a, const Dim& b) { return Max(a, b); });
  return InferBroadcastBools(c);
}

Status Eval(KernelCall& c) {
  return EvalBinary(c, {.integer = [](int64_t a, int64_t b) { return a | b; }});
}

constexpr OnnxVersion kVersions[] = {{1, UpgradeLegacyBroadcast, DowngradeCommutative}, {7}};

std::vector<Sample> Samples() { return IntegerPairSamples(DType::kBool, 0, 1); }

}  // namespace

extern const OpDef kOr = {
    .name = "Or",
    .doc = "y = a or b, elementwise with numpy broadcasting. a: bool [d...]; b: the same dtype; y: [broadcast].",
    .arity = {2, 2},
    .onnx = {"", "Or", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .commutative = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
