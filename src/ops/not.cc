#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.integer = [](int64_t x) { return x ^ 1; }});
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kBool, {3, 5}, 0, 1}}}};
}

}  // namespace

extern const OpDef kNot = {
    .name = "Not",
    .doc = "y = not x, elementwise.",
    .arity = {1, 1},
    .onnx = {"", "Not", kVersions},
    .infer = InferSameAsInput,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
