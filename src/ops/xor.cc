#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  PropagateToBool(c, [](const Dim& a, const Dim& b) { return a + b - 2 * a * b; });
  return InferBroadcastBools(c);
}

Status Eval(KernelCall& c) {
  return EvalBinary(c, {.integer = [](int64_t a, int64_t b) { return a ^ b; }});
}

constexpr OnnxVersion kVersions[] = {{1, UpgradeLegacyBroadcast, DowngradeCommutative}, {7}};

std::vector<Sample> Samples() { return IntegerPairSamples(DType::kBool, 0, 1); }

}  // namespace

extern const OpDef kXor = {
    .name = "Xor",
    .doc =
        "y = either a or b, not both, elementwise with numpy broadcasting. a: bool [d...]; b: the same dtype; y: "
        "[broadcast].",
    .arity = {2, 2},
    .onnx = {"", "Xor", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .commutative = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
