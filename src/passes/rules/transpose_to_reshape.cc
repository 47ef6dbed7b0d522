#include "passes/attributes.h"
#include "passes/reshape.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Transpose"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId x = c.node(n).inputs[0], y = c.node(n).outputs[0];
  const auto perm = PermOf(c.node(n));
  const Shape& shape = c.type(x).shape;
  if (perm.empty() || !shape.ranked() || static_cast<size_t>(shape.rank()) != perm.size()) return false;
  int64_t last = -1;
  for (int64_t axis : perm) {
    if (shape[static_cast<int>(axis)].is(1)) continue;
    if (axis < last) return false;
    last = axis;
  }
  return ReplaceByReshape(c, y, x, n);
}

}  // namespace

extern const Rule kTransposeToReshape = {
    .name = "transpose_to_reshape",
    .doc = "Transpose that moves only axes of size 1 -> Reshape.",
    .benefit = 20,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
