#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status DropConsumed(OnnxNode& n) {
  n.Drop("consumed_inputs");
  return {};
}

Status Eval(KernelCall& c) {
  return EvalVariadic(c, {.real = [](double a, double b) { return std::isnan(a) || std::isnan(b) ? std::numeric_limits<double>::quiet_NaN() : std::min(a, b); },
                          .integer = [](int64_t a, int64_t b) { return std::min(a, b); },
                          .natural = [](uint64_t a, uint64_t b) { return std::min(a, b); }});
}

Status Infer(InferCall& c) {
  if (c.inputs() == 2) PropagateInts(c, [](const Dim& a, const Dim& b) { return Min(a, b); });
  return InferBroadcast(c);
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumed}, {6}, {8}, {12}, {13}};

std::vector<Sample> Samples() {
  return {{"one", {{DType::kF32, {3}}}}, {"three", {{DType::kF32, {3, 1}}, {DType::kF32, {5}}, {DType::kF32, {1}}}}};
}

}  // namespace

extern const OpDef kMin = {
    .name = "Min",
    .doc = "y = smallest of the inputs, elementwise with numpy broadcasting. NaN if any is.",
    .arity = {1, kMany},
    .onnx = {"", "Min", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .commutative = true, .exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
