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
      Node made;
      made.op = node.op;
      made.attrs = node.attrs;
      made.inputs = node.inputs;
      made.inputs.resize(bias + 1, kNone);
      made.inputs[i] = x;
      made.inputs[bias] = vector;
      const std::vector<ValueId> old = node.outputs;
      std::vector<bool> wanted;
      for (ValueId v : old) wanted.push_back(v != kNone);
      HASTEN_ASSIGN(const auto outputs, c.AddNode(std::move(made), n, wanted));
      for (size_t o = old.size(); o-- > 0;)
        if (old[o] != kNone) c.Replace(old[o], outputs[o]);
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
