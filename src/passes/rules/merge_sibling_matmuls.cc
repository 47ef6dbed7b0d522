#include "passes/cut.h"
#include "passes/siblings.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"MatMul"};

struct Projection {
  NodeId node;                 // the product ...
  ValueId out;                 // ... and what it, or its sum with the bias, gives
  const Tensor* weight;        // [I, columns]
  std::optional<Tensor> bias;  // [columns]
};

// A constant that holds an element per column of a value of that rank, as a vector.
std::optional<Tensor> PerColumn(const RewriteContext& c, ValueId v, int rank, int64_t columns) {
  const Tensor* t = c.Known(v);
  if (!t || t->dims.empty() || t->dims.rank() > rank || t->dims.back() != columns || t->elements() != columns)
    return std::nullopt;
  Tensor out = *t;
  out.dims = {columns};
  return out;
}

// The bias, where all that reads the product is an Add of one.
void TakeBias(const RewriteContext& c, Projection* p) {
  if (!c.OnlyUse(p->out)) return;
  const Use use = c.value(p->out).uses[0];
  const Node& add = c.node(use.node);
  if (!add.op || add.op->name != "Add" || !add.epilogue.empty()) return;
  p->bias = PerColumn(c, add.inputs[1 - use.index], c.type(p->out).shape.rank(), p->weight->dims[1]);
  if (p->bias) p->out = add.outputs[0];
}

std::optional<Projection> ProjectionOf(const RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const Tensor* weight = node.op->name == "MatMul" ? c.Known(node.inputs[1]) : nullptr;
  if (!weight || weight->dims.rank() != 2 || weight->dims[1] == 0 || !c.OnlyUse(node.inputs[1])) return std::nullopt;
  Projection out{n, node.outputs[0], weight, {}};
  TakeBias(c, &out);
  return MayFuseWithReaders(c, out.out) ? std::nullopt : std::optional(std::move(out));
}

// All weights side by side, or all biases: zeros where there is none.
Result<Tensor> Joined(std::span<const Projection> group, bool biases) {
  std::vector<Tensor> held;
  for (const Projection& p : group) {
    held.push_back(biases ? p.bias.value_or(Tensor()) : *p.weight);
    if (held.back().data) continue;
    HASTEN_ASSIGN(held.back(), NewTensor(p.weight->dtype, {p.weight->dims[1]}));
  }
  std::vector<const Tensor*> parts;
  for (const Tensor& t : held) parts.push_back(&t);
  return JoinAlong(parts, biases ? 0 : 1);
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId x = c.node(n).inputs[0];
  if (!c.type(x).is_tensor() || !c.type(x).shape.ranked() || c.type(x).shape.rank() == 0) return false;
  const auto group = SiblingsOf<Projection>(c, x, [&](NodeId m) { return ProjectionOf(c, m); });
  if (std::none_of(group.begin(), group.end(), [&](const Projection& p) { return p.node == n; })) return false;
  const auto biases = std::count_if(group.begin(), group.end(), [](const Projection& p) { return p.bias.has_value(); });
  const int64_t made = biases > 0 ? 3 : 2;
  if (static_cast<int64_t>(group.size()) + biases <= made) return false;
  std::vector<int64_t> sizes;
  std::vector<ValueId> parts;
  for (const Projection& p : group) {
    sizes.push_back(p.weight->dims[1]);
    parts.push_back(p.out);
  }
  HASTEN_ASSIGN(Tensor weights, Joined(group, false));
  HASTEN_ASSIGN(Tensor bias, Joined(group, true));
  const NodeId before = group[0].node;
  HASTEN_ASSIGN(ValueId y,
                c.Add("MatMul", {x, c.AddConstant(c.value(x).name + ".weights", std::move(weights))}, before));
  if (biases > 0) {
    HASTEN_ASSIGN(y, c.Add("Add", {y, c.AddConstant(c.value(x).name + ".bias", std::move(bias))}, before));
  }
  HASTEN_TRY(ReplaceBySplit(c, y, c.type(x).shape.rank() - 1, sizes, parts, before));
  return true;
}

}  // namespace

extern const Rule kMergeSiblingMatmuls = {
    .name = "merge_sibling_matmuls",
    .doc =
        "MatMuls of one value and known matrices that nothing else reads, each with the Add of a known vector or "
        "without -> one MatMul, at most one Add, and Split; where that leaves fewer nodes, and none of them could have "
        "become one with an activation behind it.",
    .stage = Stage::kSiblings,
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
