#include "passes/spelled_rotation.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Add"};
constexpr int kFirstOpset = 23;

// A dim as a vector: of a graph input where one has it, so that all who ask get the same node.
Result<ValueId> FirstDim(RewriteContext& c, ValueId x, NodeId before) {
  ValueId from = x;
  for (const ValueId v : c.graph().inputs) {
    const Shape& shape = c.type(v).shape;
    if (c.type(v).is_tensor() && shape.ranked() && shape.rank() > 0 && shape[0] == c.type(x).shape[0]) {
      from = v;
      break;
    }
  }
  return c.Add("Shape", {from}, before, {{"start", int64_t{0}}, {"end", int64_t{1}}});
}

// The shape [B, 1, 1].
Result<ValueId> BatchShape(RewriteContext& c, ValueId x, NodeId before) {
  const Dim& batch = c.type(x).shape[0];
  const std::string name = c.value(x).name;
  if (batch.is_const()) return c.AddConstant(name + ".batch", VectorI64(std::vector<int64_t>{batch.value(), 1, 1}));
  HASTEN_ASSIGN(const ValueId first, FirstDim(c, x, before));
  const ValueId ones = c.AddConstant(name + ".ones", VectorI64(std::vector<int64_t>{1, 1}));
  return c.Add("Concat", {first, ones}, before, {{"axis", int64_t{0}}});
}

// Halves of a table as [B, S, H / 2].
Result<ValueId> CacheOf(RewriteContext& c, const SpelledRotations& r, ValueId table, ValueId batch, NodeId before) {
  HASTEN_ASSIGN(ValueId half, FirstHalf(c, table, before));
  if (c.type(half).shape.rank() == 4) {
    HASTEN_ASSIGN(half, WithoutAxes(c, half, {1}, before));
  }
  if (batch != kNone) return c.Add("Expand", {half, batch}, before);
  if (c.type(half).shape.rank() == 3) return half;
  return c.Add("Unsqueeze", {half, c.AddConstant(c.value(r.cosine).name + ".axis", VectorI64(std::vector<int64_t>{0}))},
               before);
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const int opset = c.options().opset;
  if (opset > 0 && opset < kFirstOpset) return false;
  const auto r = SpelledRotationsAt(c, n);
  if (!r || (c.options().contrib && r->batch == Dim(1))) return false;  // then that of com.microsoft is made
  const NodeId first = r->all[0].sum;
  const ValueId x = r->all[0].x;
  ValueId batch = kNone;
  if (!(r->batch == c.type(x).shape[0])) {
    HASTEN_ASSIGN(batch, BatchShape(c, x, first));
  }
  HASTEN_ASSIGN(const ValueId cosine, CacheOf(c, *r, r->cosine, batch, first));
  HASTEN_ASSIGN(const ValueId sine, CacheOf(c, *r, r->sine, batch, first));
  for (const auto& rotation : r->all) {
    HASTEN_ASSIGN(const ValueId y, c.Add("RotaryEmbedding", {rotation.x, cosine, sine}, rotation.sum));
    c.Replace(c.node(rotation.sum).outputs[0], y);
  }
  return true;
}

}  // namespace

extern const Rule kFormRotaryEmbedding = {
    .name = "form_rotary_embedding",
    .doc =
        "x * cos + rotate_half(x) * sin of f32 [B, N, S, H], of every x that reads these cosines and sines, whose "
        "halves are equal -> RotaryEmbedding, where the opset has it.",
    .stage = Stage::kMerge,
    .benefit = 10,
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
