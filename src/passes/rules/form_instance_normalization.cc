#include "passes/affine.h"
#include "passes/spelling.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Div", "Mul"}, kAffine[] = {"Mul", "Div", "Add", "Sub", "BatchNormalization"};
constexpr int64_t kMostChannels = 1 << 20;

// What a plane of one element takes away from itself is nothing; in ONNX Runtime's order of operations it is a rest.
bool IsServed(const Type& t) {
  return t.is_tensor() && t.dtype == DType::kF32 && t.shape.ranked() && t.shape.rank() >= 3 && t.shape[1].is_const() &&
         t.shape[1].value() > 0 && t.shape[1].value() <= kMostChannels && !t.shape.Product(2, t.shape.rank()).is(1);
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId y = c.node(n).outputs[0];
  if (!IsServed(c.type(y)) || !c.node(n).epilogue.empty() || !c.OnlyUse(y)) return false;
  const auto norm = SpelledNormalizationAt(c, n);
  if (!norm || !norm->centered || norm->axis != 2 || !(c.type(norm->x) == c.type(y))) return false;
  const auto channels = static_cast<size_t>(c.type(y).shape[1].value());
  AffineChain affine{y, n, std::vector<double>(channels, 1), std::vector<double>(channels, 0)};
  while (ExtendAffine(c, kAffine, &affine)) {
  }
  if (affine.last == n) return false;
  HASTEN_ASSIGN(Tensor scale, FloatVector(DType::kF32, affine.scale));
  HASTEN_ASSIGN(Tensor shift, FloatVector(DType::kF32, affine.shift));
  const ValueId by_scale = c.AddConstant(c.value(affine.y).name + ".scale", std::move(scale));
  const ValueId by_shift = c.AddConstant(c.value(affine.y).name + ".bias", std::move(shift));
  HASTEN_ASSIGN(const ValueId out, c.Add("InstanceNormalization", {norm->x, by_scale, by_shift}, affine.last,
                                         {{"epsilon", norm->epsilon}}));
  c.Replace(affine.y, out);
  return true;
}

}  // namespace

extern const Rule kFormInstanceNormalization = {
    .name = "form_instance_normalization",
    .doc =
        "(x - mean) / sqrt(variance + epsilon) of f32 over all axes from 2 on, then products with and sums of "
        "constants per channel -> InstanceNormalization.",
    .stage = Stage::kMerge,
    .benefit = 20,  // before form_layer_normalization
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
