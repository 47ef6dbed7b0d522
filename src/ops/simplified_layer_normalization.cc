#include "ops/simplified_layer_norm.h"

namespace hasten::ops {
namespace {

constexpr OnnxVersion kVersions[] = {{1}};

}  // namespace

extern const OpDef kSimplifiedLayerNormalization = {
    .name = "SimplifiedLayerNormalization",
    .doc = kSimplifiedLayerNormDoc,
    .attrs = SchemaOf<RowNormAttrs>(kRowNormFields),
    .arity = {2, 2, 1, 2},
    .onnx = {"", "SimplifiedLayerNormalization", kVersions},
    .infer = InferSimplifiedLayerNorm,
    .eval = EvalSimplifiedLayerNorm,
    .samples = SimplifiedLayerNormSamples,
};

}  // namespace hasten::ops
