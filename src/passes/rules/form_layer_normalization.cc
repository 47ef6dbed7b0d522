#include "passes/spelling.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Div", "Mul"};
constexpr int kLayerNormalization = 17, kRmsNormalization = 23;  // opsets that have them

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId y = c.node(n).outputs[0];
  if (c.type(y).dtype != DType::kF32 || !c.node(n).epilogue.empty()) return false;
  const auto norm = SpelledNormalizationAt(c, n);
  if (!norm || !(c.type(norm->x) == c.type(y))) return false;
  const int opset = c.options().opset;
  if (opset > 0 && opset < (norm->centered ? kLayerNormalization : kRmsNormalization)) return false;
  const Shape shape = c.type(y).shape;
  Dims dims;
  for (int i = norm->axis; i < shape.rank(); ++i) {
    if (!shape[i].is_const()) return false;
    dims.push_back(shape[i].value());
  }
  HASTEN_ASSIGN(Tensor ones, Generate({Generator::Kind::kConstant, 0, 1, 1}, DType::kF32, dims));
  const ValueId scale = c.AddConstant(c.value(y).name + ".scale", std::move(ones));
  HASTEN_ASSIGN(const ValueId out,
                c.Add(norm->centered ? "LayerNormalization" : "RMSNormalization", {norm->x, scale}, n,
                      {{"axis", int64_t{norm->axis - shape.rank()}}, {"epsilon", norm->epsilon}}));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kFormLayerNormalization = {
    .name = "form_layer_normalization",
    .doc =
        "(x - mean) / sqrt(variance + epsilon) and x / sqrt(mean of squares + epsilon) of f32 over the last axes -> "
        "LayerNormalization and RMSNormalization, where the opset has them.",
    .stage = Stage::kMerge,
    .benefit = 10,
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
