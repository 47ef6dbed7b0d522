#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalCompare(c, {.real = [](double a, double b) { return a >= b; },
                         .integer = [](int64_t a, int64_t b) { return a >= b; },
                         .natural = [](uint64_t a, uint64_t b) { return a >= b; }});
}

constexpr OnnxVersion kVersions[] = {{12}, {16}};

std::vector<Sample> Samples() {
  return {{"same shape", {{DType::kF32, {3, 5}}, {DType::kF32, {3, 5}}}}, {"broadcast", {{DType::kI64, {4, 1}, -2, 2}, {DType::kI64, {5}, -2, 2}}}};
}

}  // namespace

extern const OpDef kGreaterOrEqual = {
    .name = "GreaterOrEqual",
    .doc = "y = a >= b, elementwise with numpy broadcasting. y: bool.",
    .arity = {2, 2},
    .onnx = {"", "GreaterOrEqual", kVersions},
    .infer = InferBroadcastToBool,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
