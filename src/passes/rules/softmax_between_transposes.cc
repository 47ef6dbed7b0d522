#include "ops/softmax.h"
#include "passes/attributes.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Transpose"};
constexpr int64_t kLeastInner = 64;
constexpr int kAnyAxis = 13;  // opset from which rows may run along any axis

// For runs the Transposes stay where they cost less than rows that lie narrowly interleaved.
bool IsFast(const RewriteContext& c, const Shape& x, int axis) {
  if (!x.ranked() || axis >= x.rank()) return false;
  if (axis == x.rank() - 1 || c.options().target == Target::kFile) return true;
  const Dim inner = x.Product(axis + 1, x.rank());
  return inner.is_const() && inner.value() >= kLeastInner;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId inner = c.node(n).inputs[0], y = c.node(n).outputs[0];
  const NodeId softmax = c.Producer(inner, {"Softmax", "LogSoftmax"});
  if (softmax == kNone || !c.OnlyUse(inner) || !c.node(softmax).epilogue.empty() || !c.node(n).epilogue.empty())
    return false;
  const NodeId transpose = c.Producer(c.node(softmax).inputs[0], "Transpose");
  if (transpose == kNone || !c.OnlyUse(c.node(softmax).inputs[0]) || !c.node(transpose).epilogue.empty()) return false;
  const auto perm = PermOf(c.node(transpose));
  const auto& attrs = c.node(softmax).attrs.as<SoftmaxAttrs>();
  const auto rank = static_cast<int64_t>(perm.size());
  if (perm.empty() || PermOf(c.node(n)) != InverseOf(perm) || attrs.flatten || attrs.axis < -rank || attrs.axis >= rank)
    return false;
  const int64_t at = perm[static_cast<size_t>(attrs.axis < 0 ? attrs.axis + rank : attrs.axis)], axis = at - rank;
  const ValueId x = c.node(transpose).inputs[0];
  if (!IsFast(c, c.type(y).shape, static_cast<int>(at))) return false;
  if (axis != -1 && c.options().opset > 0 && c.options().opset < kAnyAxis) return false;
  Node made = c.Like(softmax);
  made.inputs = {x};
  made.attrs.as<SoftmaxAttrs>().axis = axis;
  HASTEN_ASSIGN(const ValueId out, c.AddNode(std::move(made), n));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kSoftmaxBetweenTransposes = {
    .name = "softmax_between_transposes",
    .doc =
        "Transpose, Softmax or LogSoftmax, and the Transpose back -> Softmax or LogSoftmax along the axis that it was "
        "before.",
    .benefit = 20,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
