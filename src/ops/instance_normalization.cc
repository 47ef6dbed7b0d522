#include "ops/normalization.h"

namespace hasten::ops {
namespace {

constexpr AttrField kFields[] = {Field<&InstanceNormalizationAttrs::epsilon>("epsilon")};

Status Eval(KernelCall& c) { return EvalGroups(c, c.input(0).dims[1], c.attrs<InstanceNormalizationAttrs>().epsilon); }

Status FromOne(OnnxNode& n) {
  n.Drop("consumed_inputs");
  return {};
}

constexpr OnnxVersion kVersions[] = {{1, FromOne}, {6}, {22}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 3, 5, 7}, -2, 2}, k{DType::kF32, {3}};
  return {{"image", {x, k, k}},
          {"epsilon", {x, k, k}, {{"epsilon", 0.5f}}},
          {"1-D", {{DType::kF32, {1, 3, 11}}, k, k}},
          {"one element per plane", {{DType::kF32, {2, 3, 1}}, k, k}},
          {"no batch", {{DType::kF32, {0, 3, 5}}, k, k}},
          {"f16", {{DType::kF16, {2, 3, 5}}, {DType::kF16, {3}}, {DType::kF16, {3}}}}};
}

}  // namespace

extern const OpDef kInstanceNormalization = {
    .name = "InstanceNormalization",
    .doc =
        "y = (x - mean) / sqrt(variance + epsilon) * scale + b, mean and variance over the spatial axes of each image "
        "and channel. x: float [N, C, d...]; scale, b: [C]; y: as x. Ulyanov et al., 2016.",
    .attrs = SchemaOf<InstanceNormalizationAttrs>(kFields),
    .arity = {3, 3},
    .onnx = {"", "InstanceNormalization", kVersions},
    .infer = InferPerChannel,
    .eval = Eval,
    .traits = {.in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
