#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status DropConsumed(OnnxNode& n) {
  n.Drop("consumed_inputs");
  return {};
}

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return x > 30 ? x : std::log1p(std::exp(x)); }});
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumed}, {22}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}, -6, 6}}}, {"empty", {{DType::kF32, {0, 2}}}}, {"f16", {{DType::kF16, {7}, -6, 6}}}};
}

}  // namespace

extern const OpDef kSoftplus = {
    .name = "Softplus",
    .doc = "y = ln(1 + e^x), elementwise. x, y: any float dtype.",
    .arity = {1, 1},
    .onnx = {"", "Softplus", kVersions},
    .infer = InferSameAsInput,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = false, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
