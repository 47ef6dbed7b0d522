#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Gather", "Slice"};

// An axis of a value.
struct Axis {
  ValueId of;
  int64_t at;
};

// One of that length in what node n reads.
std::optional<Axis> AxisBefore(const RewriteContext& c, NodeId n, const Dim& length) {
  const Node& node = c.node(n);
  for (size_t i = 0; i < node.formal_inputs(); ++i) {
    const Type& type = c.type(node.inputs[i]);
    if (!type.is_tensor() || !type.shape.ranked()) continue;
    for (int k = 0; k < type.shape.rank(); ++k)
      if (type.shape[k] == length) return Axis{node.inputs[i], k};
  }
  return std::nullopt;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId y = c.node(n).outputs[0];
  const NodeId shape = c.Producer(c.node(n).inputs[0], "Shape");
  if (shape == kNone || !c.OnlyUse(c.node(n).inputs[0])) return false;
  const Fact fact = c.FactOf(y);
  const ValueId x = c.node(shape).inputs[0];
  const NodeId source = c.value(x).producer;
  if (source == kNone || !fact.ints || fact.ints->elements.size() != 1 || fact.ints->dims.rank() > 1) return false;
  if (fact.ints->elements[0].is_const()) return false;
  const auto axis = AxisBefore(c, source, fact.ints->elements[0]);
  if (!axis) return false;
  HASTEN_ASSIGN(const ValueId whole, c.Add("Shape", {axis->of}, n));
  Tensor index = fact.ints->dims.rank() == 0 ? ScalarI64(axis->at) : VectorI64({&axis->at, 1});
  HASTEN_ASSIGN(const ValueId out,
                c.Add("Gather", {whole, c.AddConstant(c.value(y).name + ".index", std::move(index))}, n));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kShapeOfSource = {
    .name = "shape_of_source",
    .doc =
        "One entry of the Shape of what a node gives -> of the Shape of what that node reads, where an axis there is "
        "as "
        "long: shapes do not wait for contents.",
    .stage = Stage::kMerge,
    .benefit = 30,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
