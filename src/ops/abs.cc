#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status DropConsumed(OnnxNode& n) {
  n.Drop("consumed_inputs");
  return {};
}

// Wraps for the smallest integer.
int64_t Negate(int64_t x) { return static_cast<int64_t>(-static_cast<uint64_t>(x)); }

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) -> double { return std::abs(x); },
                       .integer = [](int64_t x) -> int64_t { return x < 0 ? Negate(x) : x; },
                       .natural = [](uint64_t x) -> uint64_t { return x; }});
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumed}, {6}, {13}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}, -3, 3}}}, {"empty", {{DType::kF32, {0, 2}}}}, {"f16", {{DType::kF16, {7}, -3, 3}}}, {"i32", {{DType::kI32, {5}, -9, 9}}}};
}

}  // namespace

extern const OpDef kAbs = {
    .name = "Abs",
    .doc = "y = |x|, elementwise. x, y: any number.",
    .arity = {1, 1},
    .onnx = {"", "Abs", kVersions},
    .infer = InferSameAsInput,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
