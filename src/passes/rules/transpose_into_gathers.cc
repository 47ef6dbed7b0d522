#include <algorithm>

#include "ops/gather.h"
#include "passes/attributes.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Reshape"};

// The axis that every node reading v takes an entry of by a scalar index; none if they do not.
std::optional<int> GatheredAxis(const RewriteContext& c, ValueId v) {
  std::optional<int> out;
  if (c.graph().IsOutput(v)) return std::nullopt;
  for (const Use use : c.value(v).uses) {
    const Node& node = c.node(use.node);
    if (use.index != 0 || !node.op || node.op->name != "Gather") return std::nullopt;
    const Shape& index = c.type(node.inputs[1]).shape;
    if (!index.ranked() || index.rank() != 0) return std::nullopt;
    const int64_t axis = node.attrs.as<GatherAttrs>().axis;
    const int at = static_cast<int>(axis < 0 ? axis + c.type(v).shape.rank() : axis);
    if (out && *out != at) return std::nullopt;
    out = at;
  }
  return out;
}

using Groups = std::vector<std::vector<int64_t>>;

// For each axis of `from` the axes of `to` that it is split into.
std::optional<Groups> SplitOf(const Dims& from, const Dims& to) {
  Groups out(static_cast<size_t>(from.rank()));
  int at = 0;
  for (int i = 0; i < from.rank(); ++i) {
    std::vector<int64_t>& group = out[static_cast<size_t>(i)];
    int64_t left = from[i];
    while (at < to.rank() && (left > 1 || (to[at] == 1 && (group.empty() || i + 1 == from.rank())))) {
      if (to[at] == 0 || left % to[at] != 0) return std::nullopt;
      left /= to[at];
      group.push_back(to[at++]);
    }
    if (left != 1) return std::nullopt;
  }
  return at == to.rank() ? std::optional(std::move(out)) : std::nullopt;
}

// The axis that is exactly axis `at` of what the groups make.
std::optional<size_t> GroupAt(const Groups& groups, int at) {
  int first = 0;
  for (size_t i = 0; i < groups.size(); first += static_cast<int>(groups[i++].size()))
    if (first == at && groups[i].size() == 1) return i;
  return std::nullopt;
}

bool RisesWithout(const std::vector<int64_t>& perm, size_t left_out) {
  int64_t last = -1;
  for (size_t i = 0; i < perm.size(); ++i) {
    if (i == left_out) continue;
    if (perm[i] < last) return false;
    last = perm[i];
  }
  return true;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId v = c.node(n).outputs[0], t = c.node(n).inputs[0];
  const NodeId transpose = c.Producer(t, "Transpose");
  const auto axis = GatheredAxis(c, v);
  const auto from = c.dims(t), to = c.dims(v);
  if (transpose == kNone || !axis || !from || !to) return false;
  const auto perm = PermOf(c.node(transpose));
  const auto groups = SplitOf(*from, *to);
  const auto gathered = groups ? GroupAt(*groups, *axis) : std::nullopt;
  if (perm.empty() || !gathered || !RisesWithout(perm, *gathered)) return false;
  std::vector<int64_t> dims;  // of what was transposed, its axes split alike
  int64_t where = 0;
  for (size_t k = 0; k < perm.size(); ++k) {
    const auto i = static_cast<size_t>(std::find(perm.begin(), perm.end(), static_cast<int64_t>(k)) - perm.begin());
    if (i == *gathered) where = static_cast<int64_t>(dims.size());
    dims.insert(dims.end(), (*groups)[i].begin(), (*groups)[i].end());
  }
  const ValueId x = c.node(transpose).inputs[0], shape = c.AddConstant(c.value(v).name + ".shape", VectorI64(dims));
  HASTEN_ASSIGN(const ValueId split, c.Add("Reshape", {x, shape}, n));
  for (const Use use : std::vector<Use>(c.value(v).uses)) {
    const ValueId index = c.node(use.node).inputs[1];
    HASTEN_ASSIGN(const ValueId out, c.Add("Gather", {split, index}, use.node, {{"axis", where}}));
    c.Replace(c.node(use.node).outputs[0], out);
  }
  return true;
}

}  // namespace

extern const Rule kTransposeIntoGathers = {
    .name = "transpose_into_gathers",
    .doc =
        "Transpose, Reshape that splits axes, and Gathers of one entry each of an axis, without which the others are "
        "in "
        "the order they had before -> Reshape and the Gathers.",
    .stage = Stage::kMerge,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
