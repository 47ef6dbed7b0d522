#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.real = [](double x) { return std::acos(x); }});
}

constexpr OnnxVersion kVersions[] = {{7}, {22}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}, -1, 1}}}, {"empty", {{DType::kF32, {0, 2}}}}, {"f16", {{DType::kF16, {7}, -1, 1}}}};
}

}  // namespace

extern const OpDef kAcos = {
    .name = "Acos",
    .doc = "y = arc cosine, elementwise. x, y: any float dtype.",
    .arity = {1, 1},
    .onnx = {"", "Acos", kVersions},
    .infer = InferSameAsInput,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = false, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
