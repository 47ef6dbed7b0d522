#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return std::asinh(x); }});
}

constexpr OnnxVersion kVersions[] = {{9}, {22}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}, -3, 3}}}, {"empty", {{DType::kF32, {0, 2}}}}, {"f16", {{DType::kF16, {7}, -3, 3}}}};
}

}  // namespace

extern const OpDef kAsinh = {
    .name = "Asinh",
    .doc = "y = inverse hyperbolic sine, elementwise. x, y: any float dtype.",
    .arity = {1, 1},
    .onnx = {"", "Asinh", kVersions},
    .infer = InferSameAsInput,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = false, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
