#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  PropagateInts(c, [](const Dim& x) -> Dim { return NonNegative(x - 1) ? Dim(1) : Max(Min(x, 1), -1); });
  return InferNumbers(c);
}

Status Eval(KernelCall& c) {
  return EvalUnary(
      c, {.real = [](double x) -> double { return std::isnan(x) ? x : static_cast<double>((x > 0) - (x < 0)); },
          .integer = [](int64_t x) -> int64_t { return (x > 0) - (x < 0); },
          .natural = [](uint64_t x) -> uint64_t { return x > 0; }});
}

constexpr OnnxVersion kVersions[] = {{9}, {13}};

std::vector<Sample> Samples() { return NumberSamples(); }

}  // namespace

extern const OpDef kSign = {
    .name = "Sign",
    .doc = "y = -1, 0 or 1 as x is below, at or above 0; NaN stays, elementwise. x, y: number [d...].",
    .arity = {1, 1},
    .onnx = {"", "Sign", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
