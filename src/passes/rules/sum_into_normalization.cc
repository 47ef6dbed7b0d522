#include "passes/attributes.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"LayerNormalization", "RMSNormalization"};

// Over the last axis of 2 or 3, with vectors.
bool IsPlain(const RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const Shape& shape = c.type(node.inputs[0]).shape;
  if (!shape.ranked() || shape.rank() < 2 || shape.rank() > 3 || c.type(node.outputs[0]).dtype != DType::kF32)
    return false;
  const int64_t axis = AttrOr<int64_t>(node, "axis", -1);
  if ((axis != -1 && axis != shape.rank() - 1) || node.outputs.size() > 1 || !node.epilogue.empty()) return false;
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    const Shape& vector = c.type(node.inputs[i]).shape;
    if (node.inputs[i] != kNone && !(vector.ranked() && vector.rank() == 1 && vector[0] == shape[shape.rank() - 1]))
      return false;
  }
  return true;
}

// As x, or of 3 axes without the batch.
bool IsSkip(const Shape& skip, const Shape& x) {
  if (!skip.ranked()) return false;
  if (skip == x) return true;
  if (x.rank() != 3 || skip.rank() < 2 || !(skip[skip.rank() - 1] == x[2]) || !(skip[skip.rank() - 2] == x[1]))
    return false;
  return skip.rank() == 2 || skip[0].is(1);
}

// Scale and bias, where the sum is computed.
bool AreThere(const RewriteContext& c, NodeId norm, NodeId add) {
  for (size_t i = 1; i < c.node(norm).inputs.size(); ++i) {
    const ValueId v = c.node(norm).inputs[i];
    const NodeId producer = v == kNone ? kNone : c.value(v).producer;
    if (producer != kNone && !c.Before(producer, add)) return false;
  }
  return true;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId sum = c.node(n).inputs[0], y = c.node(n).outputs[0];
  const NodeId add = c.Producer(sum, "Add");
  if (add == kNone || !c.node(add).epilogue.empty() || !IsPlain(c, n) || !AreThere(c, n, add)) return false;
  const bool layer = c.node(n).op->name == "LayerNormalization";
  for (size_t i : {size_t{0}, size_t{1}}) {
    const ValueId x = c.node(add).inputs[i], skip = c.node(add).inputs[1 - i];
    if (!(c.type(x) == c.type(sum)) || !IsSkip(c.type(skip).shape, c.type(x).shape)) continue;
    Node made;
    made.op = c.options().catalog->Find(layer ? "com.microsoft.SkipLayerNormalization"
                                              : "com.microsoft.SkipSimplifiedLayerNormalization");
    if (!made.op) return false;
    made.attrs = Attrs(made.op->attrs);
    HASTEN_TRY(made.attrs.Set("epsilon", AttrOr<float>(c.node(n), "epsilon", 1e-5f)));
    made.inputs = {x, skip};
    made.inputs.insert(made.inputs.end(), c.node(n).inputs.begin() + 1, c.node(n).inputs.end());
    std::vector<bool> wanted{true};
    if (!c.OnlyUse(sum)) wanted = {true, false, false, true};
    HASTEN_ASSIGN(const auto outputs, c.AddNode(std::move(made), add, wanted));
    c.Replace(y, outputs[0]);
    if (outputs.size() > 1) c.Replace(sum, outputs.back());
    return true;
  }
  return false;
}

}  // namespace

extern const Rule kSumIntoNormalization = {
    .name = "sum_into_normalization",
    .doc =
        "Add, then LayerNormalization or RMSNormalization of f32 over the last axis of 2 or 3 -> "
        "com.microsoft.SkipLayerNormalization or SkipSimplifiedLayerNormalization, which give the sum, too.",
    .stage = Stage::kContrib,
    .benefit = -10,  // the normalisation has its scale and bias by then
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
