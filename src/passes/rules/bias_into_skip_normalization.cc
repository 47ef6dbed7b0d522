#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"com.microsoft.SkipLayerNormalization",
                                       "com.microsoft.SkipSimplifiedLayerNormalization"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const size_t bias = node.op->name == kRoots[0] ? 4 : 3;
  if (node.inputs.size() > bias && node.inputs[bias] != kNone) return false;
  for (size_t i : {size_t{0}, size_t{1}}) {
    const ValueId sum = node.inputs[i];
    const NodeId add = c.Producer(sum, "Add");
    if (add == kNone || !c.OnlyUse(sum) || !c.node(add).epilogue.empty()) continue;
    for (size_t k : {size_t{0}, size_t{1}}) {
      const ValueId x = c.node(add).inputs[k], vector = c.node(add).inputs[1 - k];
      const Shape &shape = c.type(sum).shape, &along = c.type(vector).shape;
      if (!(c.type(x) == c.type(sum)) || !along.ranked() || along.rank() != 1 || !shape.ranked() || shape.rank() < 2 ||
          !(along[0] == shape[shape.rank() - 1]))
        continue;
      Node made = c.Like(n);
      made.inputs.resize(bias + 1, kNone);
      made.inputs[i] = x;
      made.inputs[bias] = vector;
      made.outputs = node.outputs;
      HASTEN_TRY(c.ReplaceNode(n, std::move(made)));
      return true;
    }
  }
  return false;
}

}  // namespace

extern const Rule kBiasIntoSkipNormalization = {
    .name = "bias_into_skip_normalization",
    .doc =
        "Add of a vector along the last axis to a summand of SkipLayerNormalization or "
        "SkipSimplifiedLayerNormalization -> its bias.",
    .stage = Stage::kContrib,
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
