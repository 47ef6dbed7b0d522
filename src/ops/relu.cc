#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  PropagateInts(c, [](const Dim& x) -> Dim { return Max(x, 0); });
  return InferNumbers(c);
}

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) -> double { return x < 0 ? 0 : x; },
                       .integer = [](int64_t x) -> int64_t { return std::max<int64_t>(x, 0); },
                       .natural = [](uint64_t x) -> uint64_t { return x; }});
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumedInputs}, {6}, {13}, {14}};

std::vector<Sample> Samples() { return NumberSamples(); }

}  // namespace

extern const OpDef kRelu = {
    .name = "Relu",
    .doc = "y = max(x, 0); NaN stays, elementwise. x, y: number [d...].",
    .arity = {1, 1},
    .onnx = {"", "Relu", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
