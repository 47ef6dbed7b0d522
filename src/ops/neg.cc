#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  PropagateInts(c, [](const Dim& x) -> Dim { return 0 - x; });
  return InferNumbers(c);
}

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) -> double { return -x; },
                       .integer = [](int64_t x) -> int64_t { return WrappingSub(0, x); }});
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumedInputs}, {6}, {13}};

std::vector<Sample> Samples() { return NumberSamples(); }

}  // namespace

extern const OpDef kNeg = {
    .name = "Neg",
    .doc = "y = -x; integers wrap, elementwise. x, y: number [d...].",
    .arity = {1, 1},
    .onnx = {"", "Neg", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
