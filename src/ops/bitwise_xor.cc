#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalBinary(c, {.integer = [](int64_t a, int64_t b) { return a ^ b; }});
}

constexpr OnnxVersion kVersions[] = {{18}};

std::vector<Sample> Samples() {
  return {{"same shape", {{DType::kU8, {3, 5}, 0, 1}, {DType::kU8, {3, 5}, 0, 1}}}, {"broadcast", {{DType::kU8, {4, 1}, 0, 1}, {DType::kU8, {5}, 0, 1}}}};
}

}  // namespace

extern const OpDef kBitwiseXor = {
    .name = "BitwiseXor",
    .doc = "y = a ^ b of the bits of integers, elementwise with numpy broadcasting.",
    .arity = {2, 2},
    .onnx = {"", "BitwiseXor", kVersions},
    .infer = InferBroadcast,
    .eval = Eval,
    .traits = {.elementwise = true, .commutative = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
