#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status DropConsumed(OnnxNode& n) {
  n.Drop("consumed_inputs");
  return {};
}

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return std::floor(x); }});
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumed}, {6}, {13}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}, -5, 5}}}, {"empty", {{DType::kF32, {0, 2}}}}, {"f16", {{DType::kF16, {7}, -5, 5}}}};
}

}  // namespace

extern const OpDef kFloor = {
    .name = "Floor",
    .doc = "y = largest integer not above x, elementwise. x, y: any float dtype.",
    .arity = {1, 1},
    .onnx = {"", "Floor", kVersions},
    .infer = InferSameAsInput,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
