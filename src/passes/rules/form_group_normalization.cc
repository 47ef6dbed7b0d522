#include "ops/normalization.h"
#include "passes/affine.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Reshape"};
constexpr int64_t kMostChannels = 1 << 20;

// y = (x - mean) / deviation * scale + shift, per channel.
struct Groups {
  ValueId x = kNone, y = kNone;
  NodeId norm = kNone, last = kNone;
  int64_t groups = 0;
  std::vector<double> scale, shift;
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
  Groups out{.y = c.node(n).outputs[0], .norm = c.Producer(c.node(n).inputs[0], "InstanceNormalization"), .last = n};
  if (out.norm == kNone || !c.OnlyUse(c.node(n).inputs[0]) || !IsServed(c.type(out.y))) return std::nullopt;
  const ValueId flat = c.node(out.norm).inputs[0];
  const NodeId reshape = c.Producer(flat, "Reshape");
  if (reshape == kNone || !c.OnlyUse(flat)) return std::nullopt;
  out.x = c.node(reshape).inputs[0];
  const Shape &x = c.type(out.x).shape, &groups = c.type(flat).shape;
  if (!(c.type(out.x) == c.type(out.y)) || !groups.ranked() || groups.rank() < 3 || !(groups[0] == x[0]) ||
      !groups[1].is_const() || groups[1].value() < 1 || x[1].value() % groups[1].value() != 0)
    return std::nullopt;
  for (const NodeId m : {n, out.norm, reshape})
    if (!c.node(m).epilogue.empty()) return std::nullopt;
  out.groups = groups[1].value();
  auto scale = Repeated(c, c.node(out.norm).inputs[1], out.groups, x[1].value());
  auto shift = Repeated(c, c.node(out.norm).inputs[2], out.groups, x[1].value());
  if (!scale || !shift) return std::nullopt;
  out.scale = *std::move(scale);
  out.shift = *std::move(shift);
  return out;
}

// The node of that op behind y, if it is all that reads y and works per channel.
void TakeAffine(const RewriteContext& c, std::string_view op, Groups* g) {
  if (!c.OnlyUse(g->y)) return;
  const NodeId n = c.value(g->y).uses[0].node;
  if (!c.node(n).op || c.node(n).op->name != op || !(c.type(c.node(n).outputs[0]) == c.type(g->y))) return;
  const auto affine = AffineOf(c, n, 1, static_cast<int64_t>(g->scale.size()));
  if (!affine || affine->x != g->y) return;
  for (size_t i = 0; i < g->scale.size(); ++i) {
    const double factor = affine->scale.empty() ? 1 : affine->scale[i];
    g->scale[i] *= factor;
    g->shift[i] = g->shift[i] * factor + (affine->shift.empty() ? 0 : affine->shift[i]);
  }
  g->last = n;
  g->y = c.node(n).outputs[0];
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  auto g = GroupsAt(c, n);
  if (!g) return false;
  TakeAffine(c, "Mul", &*g);
  TakeAffine(c, "Add", &*g);
  HASTEN_ASSIGN(Tensor scale, FloatVector(DType::kF32, g->scale));
  HASTEN_ASSIGN(Tensor shift, FloatVector(DType::kF32, g->shift));
  const ValueId by_scale = c.AddConstant(c.value(g->y).name + ".scale", std::move(scale));
  const ValueId by_shift = c.AddConstant(c.value(g->y).name + ".bias", std::move(shift));
  const float epsilon = c.node(g->norm).attrs.as<InstanceNormalizationAttrs>().epsilon;
  HASTEN_ASSIGN(const ValueId out, c.Add("GroupNormalization", {g->x, by_scale, by_shift}, g->last,
                                         {{"epsilon", epsilon}, {"num_groups", g->groups}}));
  c.Replace(g->y, out);
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
