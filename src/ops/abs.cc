#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  PropagateInts(c, [](const Dim& x) -> Dim { return NonNegative(x) ? x : Max(x, 0 - x); });
  return InferNumbers(c);
}

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) -> double { return std::abs(x); },
                       .integer = [](int64_t x) -> int64_t { return x < 0 ? WrappingSub(0, x) : x; },
                       .natural = [](uint64_t x) -> uint64_t { return x; }});
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumedInputs}, {6}, {13}};

std::vector<Sample> Samples() { return NumberSamples(); }

}  // namespace

extern const OpDef kAbs = {
    .name = "Abs",
    .doc = "y = |x|; the least integer, which has no opposite, stays, elementwise. x, y: number [d...].",
    .arity = {1, 1},
    .onnx = {"", "Abs", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
