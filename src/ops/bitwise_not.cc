#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.integer = [](int64_t x) { return ~x; }});
}

constexpr OnnxVersion kVersions[] = {{18}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kI32, {3, 5}, 0, 1}}}};
}

}  // namespace

extern const OpDef kBitwiseNot = {
    .name = "BitwiseNot",
    .doc = "y = x with every bit flipped, elementwise.",
    .arity = {1, 1},
    .onnx = {"", "BitwiseNot", kVersions},
    .infer = InferSameAsInput,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
