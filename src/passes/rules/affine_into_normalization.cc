#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Mul", "Add"};

bool IsOnes(const RewriteContext& c, ValueId v) {
  const Tensor* t = c.Known(v);
  for (int64_t i = 0; t && i < t->elements(); ++i)
    if (t->Double(i) != 1) return false;
  return t;
}

// A known operand as one of the scale's shape; kNone if its elements go another way.
ValueId LikeScale(RewriteContext& c, ValueId v, ValueId scale) {
  const Tensor* t = c.Known(v);
  const auto dims = c.dims(scale);
  if (!t || !dims || t->dtype != c.type(scale).dtype || t->elements() != dims->elements()) return kNone;
  if (t->dims == *dims) return v;
  const int extra = t->dims.rank() - dims->rank();
  for (int i = 0; i < t->dims.rank(); ++i)
    if (t->dims[i] != (i < extra ? 1 : (*dims)[i - extra])) return kNone;
  Tensor reshaped = *t;
  reshaped.dims = *dims;
  return extra < 0 ? kNone : c.AddConstant(c.value(v).name, std::move(reshaped));
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId y = c.node(n).outputs[0];
  const bool is_mul = c.node(n).op->name == "Mul";
  for (size_t i : {size_t{0}, size_t{1}}) {
    const ValueId x = c.node(n).inputs[i], by = c.node(n).inputs[1 - i];
    const NodeId layer = c.Producer(x, "LayerNormalization"),
                 norm = layer == kNone ? c.Producer(x, "RMSNormalization") : layer;
    if (norm == kNone || !c.OnlyUse(x) || !(c.type(x) == c.type(y)) || !c.node(norm).epilogue.empty()) continue;
    std::vector<ValueId> inputs = c.node(norm).inputs;
    const bool has_bias = inputs.size() > 2 && inputs[2] != kNone;
    if (has_bias || (is_mul ? !IsOnes(c, inputs[1]) : layer == kNone) || c.node(norm).outputs.size() > 1) continue;
    const ValueId vector = LikeScale(c, by, inputs[1]);
    if (vector == kNone) continue;
    inputs.resize(is_mul ? 2 : 3);
    inputs.back() = vector;
    Node made = c.Like(norm);
    made.inputs = std::move(inputs);
    HASTEN_ASSIGN(const ValueId out, c.AddNode(std::move(made), n));
    c.Replace(y, out);
    return true;
  }
  return false;
}

}  // namespace

extern const Rule kAffineIntoNormalization = {
    .name = "affine_into_normalization",
    .doc =
        "LayerNormalization or RMSNormalization with a scale of ones, then Mul by a constant of that shape -> with "
        "that scale; LayerNormalization without a bias, then Add of such a constant -> with that bias.",
    .stage = Stage::kMerge,
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
