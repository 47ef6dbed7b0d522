#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalBinary(c, {.integer = [](int64_t a, int64_t b) { return a & b; }});
}

constexpr OnnxVersion kVersions[] = {{18}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = IntegerPairSamples(DType::kU8, 0, 255);
  out.push_back({"i16", {{DType::kI16, {5}, -32768, 32767}, {DType::kI16, {5}, -32768, 32767}}});
  out.push_back({"u64", {{DType::kU64, {5}, 0, 0x1p53}, {DType::kU64, {1}, 0, 0x1p53}}});
  return out;
}

}  // namespace

extern const OpDef kBitwiseAnd = {
    .name = "BitwiseAnd",
    .doc =
        "y = the bits set in a and in b, elementwise with numpy broadcasting. a: integer [d...]; b: the same dtype; y: "
        "[broadcast].",
    .arity = {2, 2},
    .onnx = {"", "BitwiseAnd", kVersions},
    .infer = InferBroadcastIntegers,
    .eval = Eval,
    .traits = {.elementwise = true, .commutative = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
