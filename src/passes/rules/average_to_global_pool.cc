#include "ops/pooling.h"
#include "ops/reduction.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"AveragePool", "ReduceMean"};

constexpr int kFewestAxes = 4;  // the means of rows are no pool

// A window of the size of x, which does not move.
bool CoversAll(const PoolAttrs& a, const Shape& x) {
  const auto all = [](const std::vector<int64_t>& v, int64_t is) {
    return std::all_of(v.begin(), v.end(), [is](int64_t e) { return e == is; });
  };
  if ((a.auto_pad != "NOTSET" && a.auto_pad != "VALID") || !all(a.dilations, 1)) return false;
  if (a.auto_pad == "NOTSET" && !all(a.pads, 0)) return false;
  if (static_cast<int>(a.kernel_shape.size()) != x.rank() - 2) return false;
  for (int i = 2; i < x.rank(); ++i)
    if (!x[i].is(a.kernel_shape[static_cast<size_t>(i - 2)])) return false;
  return true;
}

bool ReducesAll(const RewriteContext& c, const Node& node, const Shape& x) {
  if (!node.attrs.as<ReduceAttrs>().keepdims || node.inputs.size() < 2) return false;
  auto axes = c.KnownInts(node.inputs[1]);
  if (!axes || static_cast<int>(axes->size()) != x.rank() - 2) return false;
  for (int64_t& axis : *axes)
    if (axis < 0) axis += x.rank();
  std::sort(axes->begin(), axes->end());
  for (size_t i = 0; i < axes->size(); ++i)
    if ((*axes)[i] != static_cast<int64_t>(i) + 2) return false;
  return true;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const ValueId x = node.inputs[0], y = node.outputs[0];
  const Shape& shape = c.type(x).shape;
  if (c.type(x).dtype != DType::kF32 || !shape.ranked() || shape.rank() < kFewestAxes || !node.epilogue.empty())
    return false;
  if (!(node.op->name == "ReduceMean" ? ReducesAll(c, node, shape)
                                      : CoversAll(node.attrs.as<AveragePoolAttrs>(), shape)))
    return false;
  HASTEN_ASSIGN(const ValueId pooled, c.Add("GlobalAveragePool", {x}, n));
  c.Replace(y, pooled);
  return true;
}

}  // namespace

extern const Rule kAverageToGlobalPool = {
    .name = "average_to_global_pool",
    .doc =
        "AveragePool whose window is all of x, and ReduceMean over all axes but the first two that keeps them, of "
        "images -> GlobalAveragePool, which takes any layout.",
    .stage = Stage::kEpilogue,  // after those that look for the means of normalisations
    .benefit = 100,
    .numerics = Numerics::kReassociated,
    .target = Target::kRun,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
