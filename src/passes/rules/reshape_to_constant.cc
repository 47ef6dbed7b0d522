#include "passes/attributes.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Reshape"};

// The shape as Reshape takes it: 0 copies the dim of the input, -1 is what is left.  Not both: where a copied dim turns
// out to be 0, nothing says what is left.
std::optional<std::vector<int64_t>> Spelled(const Shape& from, const Shape& to) {
  std::vector<int64_t> out;
  int open = 0, copied = 0;
  for (int i = 0; i < to.rank(); ++i) {
    const Dim& d = to[i];
    if (d.is(0)) return std::nullopt;
    const bool same = !d.is_const() && i < from.rank() && from[i] == d;
    open += !d.is_const() && !same;
    copied += same;
    out.push_back(d.is_const() ? d.value() : same ? 0 : -1);
  }
  if (open > 1 || (open == 1 && copied > 0)) return std::nullopt;
  return out;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId x = c.node(n).inputs[0], shape = c.node(n).inputs[1], y = c.node(n).outputs[0];
  const Type &from = c.type(x), &to = c.type(y);
  if (y == kNone || !from.is_tensor() || !to.is_tensor() || !from.shape.ranked() || !to.shape.ranked()) return false;
  if (c.Known(shape)) return false;
  const auto spelled = Spelled(from.shape, to.shape);
  if (!spelled) return false;
  if (AttrOr<int64_t>(c.node(n), "allowzero", 0) != 0) HASTEN_TRY(c.Edit(n).attrs.Set("allowzero", int64_t{0}));
  c.SetInput(n, 1, c.AddConstant(c.value(y).name + ".shape", VectorI64(*spelled)));
  return true;
}

}  // namespace

extern const Rule kReshapeToConstant = {
    .name = "reshape_to_constant",
    .doc = "Reshape to a computed shape of which inference knows enough -> Reshape to a constant one.",
    .benefit = 25,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
