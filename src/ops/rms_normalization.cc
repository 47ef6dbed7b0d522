#include "ops/simplified_layer_norm.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(std::move(CheckRowNorm(c)).status());
  c.Out(0, c.dtype(1), c.shape(0));
  return {};
}

constexpr OnnxVersion kVersions[] = {{23}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 3, 5}, -2, 2}, k{DType::kF32, {5}};
  return {{"last axis", {x, k}},
          {"two axes", {x, {DType::kF32, {3, 5}}}, {{"axis", int64_t{1}}}},
          {"all axes, scalar scale", {x, {DType::kF32, {}}}, {{"axis", int64_t{0}}}},
          {"epsilon", {x, k}, {{"epsilon", 0.5f}}},
          {"prime row", {{DType::kF32, {3, 1009}}, {DType::kF32, {1009}}}},
          {"one element", {{DType::kF32, {1, 1}}, {DType::kF32, {1}}}},
          {"no rows", {{DType::kF32, {0, 5}}, k}},
          {"f16 with f32 scale", {{DType::kF16, {3, 5}}, k}},
          {"bf16", {{DType::kBF16, {3, 5}}, {DType::kBF16, {5}}}}};
}

}  // namespace

extern const OpDef kRmsNormalization = {
    .name = "RMSNormalization",
    .doc =
        "y = x / sqrt(mean of x^2 + epsilon) * scale, the mean over the axes from `axis` on. x: float [d...]; scale: "
        "broadcast to x; y: shape of x, dtype of scale. Zhang and Sennrich, 2019.",
    .attrs = SchemaOf<RowNormAttrs>(kRowNormFields),
    .arity = {2, 2},
    .onnx = {"", "RMSNormalization", kVersions},
    .infer = Infer,
    .eval = EvalSimplifiedLayerNorm,
    .traits = {.in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
