#include "ops/gather.h"
#include "passes/cut.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Unsqueeze"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId entry = c.node(n).inputs[0], y = c.node(n).outputs[0];
  const NodeId gather = c.Producer(entry, "Gather");
  const auto axes = NamedAxes(c, n);
  if (gather == kNone || !c.OnlyUse(entry) || !axes || axes->size() != 1) return false;
  const ValueId x = c.node(gather).inputs[0];
  const Tensor* index = c.Known(c.node(gather).inputs[1]);
  const Shape& shape = c.type(x).shape;
  if (!index || index->dims.rank() != 0 || !shape.ranked()) return false;
  int64_t axis = c.node(gather).attrs.as<GatherAttrs>().axis;
  if (axis < 0) axis += shape.rank();
  if ((*axes)[0] != axis) return false;
  const int64_t at = index->Int(0);
  const ValueId list = c.AddConstant(c.value(y).name + ".index", VectorI64(std::span(&at, 1)));
  HASTEN_ASSIGN(const ValueId out, c.Add("Gather", {x, list}, n, {{"axis", axis}}));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kUnsqueezeGather = {
    .name = "unsqueeze_gather",
    .doc = "Unsqueeze that puts back the axis of which a Gather took one entry -> Gather of a list of that entry.",
    .benefit = 10,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
