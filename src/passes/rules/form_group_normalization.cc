#include "ops/normalization.h"
#include "passes/affine.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Reshape"}, kScale[] = {"Mul"}, kShift[] = {"Add"};
constexpr int64_t kMostChannels = 1 << 20;

// y = (x - mean) / deviation * scale + shift, per channel.
struct Groups {
  ValueId x = kNone;
  NodeId norm = kNone;
  int64_t groups = 0;
  AffineChain affine;
};

bool IsServed(const Type& t) {
  return t.is_tensor() && t.dtype == DType::kF32 && t.shape.ranked() && t.shape.rank() >= 3 && t.shape[1].is_const() &&
         t.shape[1].value() > 0 && t.shape[1].value() <= kMostChannels;
}

// A known vector of a group's numbers as one of its channels'.
std::optional<std::vector<double>> Repeated(const RewriteContext& c, ValueId v, int64_t groups, int64_t channels) {
  const Tensor* t = c.Known(v);
  if (!t || t->dims != Dims{groups}) return std::nullopt;
  std::vector<double> out;
  for (int64_t i = 0; i < channels; ++i) out.push_back(t->Double(i / (channels / groups)));
  return out;
}

// Reshape, InstanceNormalization and Reshape back.
std::optional<Groups> GroupsAt(const RewriteContext& c, NodeId n) {
  const ValueId y = c.node(n).outputs[0];
  Groups out{.norm = c.Producer(c.node(n).inputs[0], "InstanceNormalization")};
  if (out.norm == kNone || !c.OnlyUse(c.node(n).inputs[0]) || !IsServed(c.type(y))) return std::nullopt;
  const ValueId flat = c.node(out.norm).inputs[0];
  const NodeId reshape = c.Producer(flat, "Reshape");
  if (reshape == kNone || !c.OnlyUse(flat)) return std::nullopt;
  out.x = c.node(reshape).inputs[0];
  const Shape &x = c.type(out.x).shape, &groups = c.type(flat).shape;
  if (!(c.type(out.x) == c.type(y)) || !groups.ranked() || groups.rank() < 3 || !(groups[0] == x[0]) ||
      !groups[1].is_const() || groups[1].value() < 1 || x[1].value() % groups[1].value() != 0)
    return std::nullopt;
  for (const NodeId m : {n, out.norm, reshape})
    if (!c.node(m).epilogue.empty()) return std::nullopt;
  out.groups = groups[1].value();
  auto scale = Repeated(c, c.node(out.norm).inputs[1], out.groups, x[1].value());
  auto shift = Repeated(c, c.node(out.norm).inputs[2], out.groups, x[1].value());
  if (!scale || !shift) return std::nullopt;
  out.affine = {y, n, *std::move(scale), *std::move(shift)};
  return out;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  auto g = GroupsAt(c, n);
  if (!g) return false;
  AffineChain& affine = g->affine;
  ExtendAffine(c, kScale, &affine);
  ExtendAffine(c, kShift, &affine);
  HASTEN_ASSIGN(Tensor scale, FloatVector(DType::kF32, affine.scale));
  HASTEN_ASSIGN(Tensor shift, FloatVector(DType::kF32, affine.shift));
  const ValueId by_scale = c.AddConstant(c.value(affine.y).name + ".scale", std::move(scale));
  const ValueId by_shift = c.AddConstant(c.value(affine.y).name + ".bias", std::move(shift));
  const float epsilon = c.node(g->norm).attrs.as<InstanceNormalizationAttrs>().epsilon;
  HASTEN_ASSIGN(const ValueId out, c.Add("GroupNormalization", {g->x, by_scale, by_shift}, affine.last,
                                         {{"epsilon", epsilon}, {"num_groups", g->groups}}));
  c.Replace(affine.y, out);
  return true;
}

}  // namespace

extern const Rule kFormGroupNormalization = {
    .name = "form_group_normalization",
    .doc =
        "Reshape of f32 images to groups of channels, InstanceNormalization with known operands, Reshape back, and "
        "Mul and Add of constants per channel, if there are any -> GroupNormalization.",
    .stage = Stage::kMerge,
    .numerics = Numerics::kReassociated,
    .target = Target::kRun,  // ONNX Runtime's kernel takes twice as long as these nodes
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
