#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status DropConsumed(OnnxNode& n) {
  n.Drop("consumed_inputs");
  return {};
}

Status Eval(KernelCall& c) {
  return EvalVariadic(c, {.real = [](double a, double b) { return a + b; },
                          .integer = [](int64_t a, int64_t b) { return a + b; }});
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumed}, {6}, {8}, {13}};

std::vector<Sample> Samples() {
  return {{"one", {{DType::kF32, {3}}}}, {"three", {{DType::kF32, {3, 1}}, {DType::kF32, {5}}, {DType::kF32, {1}}}}};
}

}  // namespace

extern const OpDef kSum = {
    .name = "Sum",
    .doc = "y = sum of the inputs, elementwise with numpy broadcasting.",
    .arity = {1, kMany},
    .onnx = {"", "Sum", kVersions},
    .infer = InferBroadcast,
    .eval = Eval,
    .traits = {.elementwise = true, .commutative = true, .exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
