#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return std::nearbyint(x); }});
}

constexpr OnnxVersion kVersions[] = {{11}, {22}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}, -5, 5}}}, {"empty", {{DType::kF32, {0, 2}}}}, {"f16", {{DType::kF16, {7}, -5, 5}}}};
}

}  // namespace

extern const OpDef kRound = {
    .name = "Round",
    .doc = "y = nearest integer, halves to even, elementwise. x, y: any float dtype.",
    .arity = {1, 1},
    .onnx = {"", "Round", kVersions},
    .infer = InferSameAsInput,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
