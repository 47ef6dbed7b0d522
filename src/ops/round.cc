#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  PropagateInts(c, [](const Dim& x) { return x; });
  return InferFloats(c);
}

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return std::nearbyint(x); }});
}

constexpr OnnxVersion kVersions[] = {{11}, {22}};

std::vector<Sample> Samples() {
  return {{"halves", {{DType::kF32, {6}, 0, 0, {-2.5, -1.5, -0.5, 0.5, 1.5, 2.5}}}},
          {"odd", {{DType::kF32, {3, 5}, -5, 5}}},
          {"zero-size", {{DType::kF32, {0, 2}}}},
          {"f16", {{DType::kF16, {7}, -5, 5}}},
          {"f64", {{DType::kF64, {}, -5, 5}}}};
}

}  // namespace

extern const OpDef kRound = {
    .name = "Round",
    .doc = "y = the nearest integer to x, of two the even one, elementwise. x, y: float [d...].",
    .arity = {1, 1},
    .onnx = {"", "Round", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
