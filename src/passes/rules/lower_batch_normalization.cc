#include "passes/affine.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"BatchNormalization"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const Type type = c.type(node.inputs[0]);
  if (!type.is_tensor() || type.dtype != DType::kF32 || !type.shape.ranked() || type.shape.rank() < 2) return false;
  const Tensor* scale = c.Known(node.inputs[1]);
  const auto a = scale ? AffineOf(c, n, 1, scale->elements()) : std::nullopt;
  if (!a) return false;
  Dims dims = Dims::Filled(type.shape.rank() - 1, 1);
  dims[0] = scale->elements();
  const ValueId y = node.outputs[0];
  const std::string name = c.value(y).name;
  HASTEN_ASSIGN(Tensor k, FloatVector(type.dtype, a->scale));
  HASTEN_ASSIGN(Tensor b, FloatVector(type.dtype, a->shift));
  k.dims = b.dims = dims;
  HASTEN_ASSIGN(const ValueId product, c.Add("Mul", {a->x, c.AddConstant(name + ".scale", std::move(k))}, n));
  HASTEN_ASSIGN(const ValueId sum, c.Add("Add", {product, c.AddConstant(name + ".shift", std::move(b))}, n));
  c.Replace(y, sum);
  return true;
}

}  // namespace

extern const Rule kLowerBatchNormalization = {
    .name = "lower_batch_normalization",
    .doc = "BatchNormalization with known statistics that no weight could take -> Mul and Add by [C, 1...].",
    .stage = Stage::kEpilogue,
    .benefit = 30,
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
