// SimplifiedLayerNormalization, which onnxruntime has in two domains.
#pragma once
#include "ops/normalization.h"

namespace hasten {

Status InferSimplifiedLayerNorm(InferCall& c);
// RMSNormalization's reference too: that has no second output.
Status EvalSimplifiedLayerNorm(KernelCall& c);
std::vector<Sample> SimplifiedLayerNormSamples();

inline constexpr std::string_view kSimplifiedLayerNormDoc =
    "y = x / sqrt(mean of x^2 + epsilon) * scale, the mean over the axes from `axis` on. x: float [d...]; scale: "
    "broadcast to x; y: "
    "shape of x, dtype of scale; 1 / sqrt(mean of x^2 + epsilon): dtype stash_type, [d..., 1...]. An extension of "
    "onnxruntime.";

}  // namespace hasten
