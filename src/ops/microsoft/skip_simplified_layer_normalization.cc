#include "ops/microsoft/skip_norm.h"

namespace hasten::ops::microsoft {
namespace {

Status Eval(KernelCall& c) { return EvalSkipNorm(c, kNoVector, 3, RmsStatistics); }

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 3, 5}, -2, 2}, k{DType::kF32, {5}};
  return {{"no bias", {x, x, k}},
          {"bias", {x, x, k, k}, {}, 4},
          {"skip of one batch", {x, {DType::kF32, {1, 3, 5}}, k}},
          {"epsilon", {x, x, k}, {{"epsilon", 0.5f}}},
          {"two axes", {{DType::kF32, {7, 5}}, {DType::kF32, {7, 5}}, k}},
          {"no rows", {{DType::kF32, {0, 3, 5}}, {DType::kF32, {0, 3, 5}}, k}, {}, 4},
          {"bf16", {{DType::kBF16, {1, 3, 5}}, {DType::kBF16, {1, 3, 5}}, {DType::kBF16, {5}}}}};
}

}  // namespace

extern const OpDef kSkipSimplifiedLayerNormalization = {
    .name = "com.microsoft.SkipSimplifiedLayerNormalization",
    .doc =
        "y = s / sqrt(mean of s^2 + epsilon) * gamma, s = x + skip + bias, the mean over the last axis. x: float [..., "
        "H]; skip "
        "broadcasts to it; gamma, bias: [H]; y, s: as x; outputs 1 and 2: zeros and 1 / sqrt(mean of s^2 + epsilon), "
        "f32 [..., 1].",
    .attrs = SchemaOf<SkipNormAttrs>(kSkipNormFields),
    .arity = {3, 4, 1, 4},
    .onnx = {"com.microsoft", "SkipSimplifiedLayerNormalization", kVersions},
    .infer = InferSkipNorm,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
