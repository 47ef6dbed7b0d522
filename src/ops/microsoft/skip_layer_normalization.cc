#include "ops/microsoft/skip_norm.h"

namespace hasten::ops::microsoft {
namespace {

Status Eval(KernelCall& c) { return EvalSkipNorm(c, 3, 4, LayerStatistics); }

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 3, 5}, -2, 2}, k{DType::kF32, {5}}, none{DType::kNone, {}};
  return {{"no beta", {x, x, k}},
          {"beta", {x, x, k, k}},
          {"bias", {x, x, k, k, k}, {}, 4},
          {"bias without beta", {x, x, k, none, k}},
          {"skip of one batch", {x, {DType::kF32, {1, 3, 5}}, k, k}},
          {"skip of lower rank", {x, {DType::kF32, {3, 5}}, k, k}, {}, 4},
          {"epsilon", {x, x, k, k}, {{"epsilon", 0.5f}}},
          {"two axes", {{DType::kF32, {7, 5}}, {DType::kF32, {7, 5}}, k, k}},
          {"prime row", {{DType::kF32, {3, 1009}}, {DType::kF32, {3, 1009}}, {DType::kF32, {1009}}}},
          {"no rows", {{DType::kF32, {0, 3, 5}}, {DType::kF32, {0, 3, 5}}, k}, {}, 4},
          {"f16", {{DType::kF16, {1, 3, 5}}, {DType::kF16, {1, 3, 5}}, {DType::kF16, {5}}}}};
}

}  // namespace

extern const OpDef kSkipLayerNormalization = {
    .name = "com.microsoft.SkipLayerNormalization",
    .doc =
        "y = (s - mean) / sqrt(variance + epsilon) * gamma + beta, s = x + skip + bias, statistics over the last axis. "
        "x: float "
        "[..., H]; skip broadcasts to it; gamma, beta, bias: [H]; y, s: as x; mean, 1 / sqrt(variance + epsilon): f32 "
        "[..., 1].",
    .attrs = SchemaOf<SkipNormAttrs>(kSkipNormFields),
    .arity = {3, 5, 1, 4},
    .onnx = {"com.microsoft", "SkipLayerNormalization", kVersions},
    .infer = InferSkipNorm,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
