#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) -> double { return std::isnan(x) ? x : static_cast<double>((x > 0) - (x < 0)); },
                       .integer = [](int64_t x) -> int64_t { return (x > 0) - (x < 0); },
                       .natural = [](uint64_t x) -> uint64_t { return x != 0 ? 1 : 0; }});
}

constexpr OnnxVersion kVersions[] = {{9}, {13}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}, -3, 3}}}, {"empty", {{DType::kF32, {0, 2}}}}, {"f16", {{DType::kF16, {7}, -3, 3}}}, {"i32", {{DType::kI32, {5}, -9, 9}}}};
}

}  // namespace

extern const OpDef kSign = {
    .name = "Sign",
    .doc = "y = -1, 0 or 1 as x is negative, zero or positive, elementwise. x, y: any number.",
    .arity = {1, 1},
    .onnx = {"", "Sign", kVersions},
    .infer = InferSameAsInput,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
