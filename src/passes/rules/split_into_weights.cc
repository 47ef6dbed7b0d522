#include "ops/gemm.h"
#include "ops/split.h"
#include "passes/siblings.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Split"};
// Products of an element beyond which its copy costs next to nothing: one layer is then as fast as several.
constexpr int64_t kMostProducts = 128;

// One node of a layer: its operands that have an entry per column, and along which axis.
struct Link {
  NodeId node;
  size_t chained;  // the operand that the link before gives
  std::vector<std::pair<size_t, int>> cut;
};

// A known vector of `columns` entries, or a matrix that is one.
bool IsRow(const RewriteContext& c, ValueId v, int64_t columns) {
  const Tensor* t = c.Known(v);
  return t && !t->dims.empty() && t->dims.rank() <= 2 && t->dims.back() == columns && t->elements() == columns;
}

std::optional<Link> GemmOf(const RewriteContext& c, NodeId n, int64_t columns) {
  const Node& node = c.node(n);
  const Tensor* weight = c.Known(node.inputs[1]);
  if (!weight || !node.epilogue.empty() || weight->dims.rank() != 2 || !c.OnlyUse(node.inputs[1])) return std::nullopt;
  const int axis = node.op->name == "Gemm" && node.attrs.as<GemmAttrs>().trans_b ? 0 : 1;
  const int64_t products = weight->dims[static_cast<size_t>(1 - axis)];
  if (weight->dims[static_cast<size_t>(axis)] != columns || products > kMostProducts) return std::nullopt;
  Link out{n, 0, {{1, axis}}};
  if (node.inputs.size() < 3 || node.inputs[2] == kNone) return out;
  if (!IsRow(c, node.inputs[2], columns)) return std::nullopt;
  out.cut.push_back({2, c.Known(node.inputs[2])->dims.rank() - 1});
  return out;
}

// A product with known weights, and the Add of a known vector behind it, if they give v and serve nothing else.
std::vector<Link> LayerOf(const RewriteContext& c, ValueId v, int64_t columns) {
  std::vector<Link> out;
  if (const NodeId add = c.Producer(v, "Add"); add != kNone) {
    const Node& node = c.node(add);
    const size_t bias = IsRow(c, node.inputs[0], columns) ? 0 : 1;
    if (!c.OnlyUse(v) || !node.epilogue.empty() || !IsRow(c, node.inputs[bias], columns)) return {};
    out.push_back({add, 1 - bias, {{bias, c.Known(node.inputs[bias])->dims.rank() - 1}}});
    v = node.inputs[1 - bias];
  }
  const NodeId gemm = c.Producer(v, "Gemm"), product = gemm == kNone ? c.Producer(v, "MatMul") : gemm;
  auto link = product == kNone || !c.OnlyUse(v) ? std::nullopt : GemmOf(c, product, columns);
  if (!link) return {};
  out.insert(out.begin(), *std::move(link));
  return out;
}

// Whose parts lie one behind the other.
bool IsOneRow(const Shape& s) {
  for (int i = 0; i + 1 < s.rank(); ++i)
    if (!s[i].is(1)) return false;
  return true;
}

// The layer for columns [first, first + size).
Result<ValueId> AddPart(RewriteContext& c, std::span<const Link> layer, int64_t first, int64_t size, NodeId before) {
  ValueId y = kNone;
  for (const Link& link : layer) {
    Node made = c.Like(link.node);
    if (y != kNone) made.inputs[link.chained] = y;
    for (const auto& [index, axis] : link.cut) {
      HASTEN_ASSIGN(Tensor part, PartAlong(*c.Known(made.inputs[index]), axis, first, size));
      made.inputs[index] = c.AddConstant(c.value(made.inputs[index]).name + ".part", std::move(part));
    }
    HASTEN_ASSIGN(y, c.AddNode(std::move(made), before));
  }
  return y;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId whole = c.node(n).inputs[0];
  const Shape& shape = c.type(whole).shape;
  if (!shape.ranked() || shape.rank() < 2 || !shape[shape.rank() - 1].is_const() || IsOneRow(shape)) return false;
  const int last = shape.rank() - 1;
  const int64_t axis = c.node(n).attrs.as<SplitAttrs>().axis, columns = shape[last].value();
  if ((axis < 0 ? axis + last + 1 : axis) != last) return false;
  const std::vector<Link> layer = LayerOf(c, whole, columns);
  if (layer.empty()) return false;
  const std::vector<ValueId> parts = c.node(n).outputs;
  std::vector<int64_t> sizes;
  for (const ValueId v : parts) {
    const Shape& part = c.type(v).shape;
    if (v == kNone || !part.ranked() || !part[last].is_const() || part[last].is(0)) return false;
    sizes.push_back(part[last].value());
  }
  std::vector<std::pair<ValueId, ValueId>> replaced;
  int64_t first = 0;
  for (size_t i = 0; i < parts.size(); first += sizes[i++]) {
    if (!IsRead(c.graph(), parts[i])) continue;
    HASTEN_ASSIGN(const ValueId y, AddPart(c, layer, first, sizes[i], n));
    replaced.emplace_back(parts[i], y);
  }
  for (const auto& [part, y] : replaced) c.Replace(part, y);
  return !replaced.empty();
}

}  // namespace

extern const Rule kSplitIntoWeights = {
    .name = "split_into_weights",
    .doc =
        "Split of the columns of a MatMul or Gemm with known weights of at most 128 rows, with the Add of a known "
        "vector or without, that nothing else reads -> as many of them with parts of the weights; for more than one "
        "row of columns.",
    .stage = Stage::kWeights,
    .numerics = Numerics::kReassociated,
    .target = Target::kRun,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
