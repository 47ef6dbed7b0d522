#include "passes/spelled_rotation.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Add"};

// Halves of a table as [S, H / 2].
Result<ValueId> CacheOf(RewriteContext& c, ValueId table, NodeId before) {
  HASTEN_ASSIGN(const ValueId half, FirstHalf(c, table, before));
  std::vector<int64_t> axes;
  for (int i = 0; i < c.type(half).shape.rank() - 2; ++i) axes.push_back(i);
  return WithoutAxes(c, half, axes, before);
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const auto r = SpelledRotationsAt(c, n);
  if (!r || !(r->batch == Dim(1))) return false;
  const NodeId first = r->all[0].sum;
  HASTEN_ASSIGN(const ValueId cosine, CacheOf(c, r->cosine, first));
  HASTEN_ASSIGN(const ValueId sine, CacheOf(c, r->sine, first));
  const ValueId offset = c.AddConstant(c.value(r->cosine).name + ".offset", VectorI64(std::vector<int64_t>{0}));
  for (const auto& rotation : r->all) {
    HASTEN_ASSIGN(const ValueId y,
                  c.Add("com.microsoft.RotaryEmbedding", {rotation.x, offset, cosine, sine}, rotation.sum));
    c.Replace(c.node(rotation.sum).outputs[0], y);
  }
  return true;
}

}  // namespace

extern const Rule kRotationToContrib = {
    .name = "rotation_to_contrib",
    .doc =
        "x * cos + rotate_half(x) * sin of f32 [B, N, S, H], of every x that reads these cosines and sines, whose "
        "halves are equal and which are the same in each batch -> com.microsoft.RotaryEmbedding.",
    .stage = Stage::kContribWhole,
    .benefit = 10,
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
