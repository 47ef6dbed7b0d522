#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  PropagateToBool(c, [](const Dim& a, const Dim& b) -> Dim { return KnownLess(b, a); });
  return InferBroadcastToBool(c, DTypeKind::kNumber);
}

Status Eval(KernelCall& c) {
  return EvalCompare(c, {.real = [](double a, double b) { return a > b; },
                         .integer = [](int64_t a, int64_t b) { return a > b; },
                         .natural = [](uint64_t a, uint64_t b) { return a > b; }});
}

constexpr OnnxVersion kVersions[] = {{1, UpgradeLegacyBroadcast, DowngradeBroadcast}, {7}, {9}, {13}};

std::vector<Sample> Samples() { return NumberPairSamples(); }

}  // namespace

extern const OpDef kGreater = {
    .name = "Greater",
    .doc =
        "y = a > b, elementwise with numpy broadcasting. a: number [d...]; b: the same dtype; y: bool [broadcast]. NaN "
        "gives false.",
    .arity = {2, 2},
    .onnx = {"", "Greater", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
