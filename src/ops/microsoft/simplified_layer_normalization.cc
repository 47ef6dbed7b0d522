#include "ops/simplified_layer_norm.h"

namespace hasten::ops::microsoft {
namespace {

constexpr OnnxVersion kVersions[] = {{1}};

}  // namespace

extern const OpDef kSimplifiedLayerNormalization = {
    .name = "com.microsoft.SimplifiedLayerNormalization",
    .doc = kSimplifiedLayerNormDoc,
    .attrs = SchemaOf<RowNormAttrs>(kRowNormFields),
    .arity = {2, 2, 1, 2},
    .onnx = {"com.microsoft", "SimplifiedLayerNormalization", kVersions},
    .infer = InferSimplifiedLayerNorm,
    .eval = EvalSimplifiedLayerNorm,
    .samples = SimplifiedLayerNormSamples,
};

}  // namespace hasten::ops::microsoft
