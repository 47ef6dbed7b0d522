#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalBinary(c, {.integer = [](int64_t a, int64_t b) { return a ^ b; }});
}

constexpr OnnxVersion kVersions[] = {{1, UpgradeLegacyBroadcast}, {7}};

std::vector<Sample> Samples() {
  return {{"same shape", {{DType::kBool, {3, 5}, 0, 1}, {DType::kBool, {3, 5}, 0, 1}}}, {"broadcast", {{DType::kBool, {4, 1}, 0, 1}, {DType::kBool, {5}, 0, 1}}}};
}

}  // namespace

extern const OpDef kXor = {
    .name = "Xor",
    .doc = "y = a ^ b of bools, elementwise with numpy broadcasting.",
    .arity = {2, 2},
    .onnx = {"", "Xor", kVersions},
    .infer = InferBroadcast,
    .eval = Eval,
    .traits = {.elementwise = true, .commutative = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
