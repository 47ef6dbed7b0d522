#include <algorithm>

#include "ops/concat.h"
#include "ops/split.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Concat"};

// Outputs of one Split along the last axis, as large as each other and one behind the other.
struct Pieces {
  NodeId split = kNone;
  size_t first = 0, count = 0;
  int64_t size = 0;
};

// Where v is a Reshape, with one more axis in front, of an output of a Split that nothing else reads: that output.
ValueId PieceUnder(const RewriteContext& c, ValueId v) {
  const NodeId view = c.Producer(v, "Reshape");
  if (view == kNone || !c.OnlyUse(v)) return kNone;
  const ValueId piece = c.node(view).inputs[0];
  return c.Producer(piece, "Split") != kNone && c.OnlyUse(piece) ? piece : kNone;
}

std::optional<Pieces> PiecesOf(const RewriteContext& c, const Node& concat) {
  Pieces out{.count = concat.inputs.size()};
  for (size_t i = 0; i < concat.inputs.size(); ++i) {
    const ValueId piece = PieceUnder(c, concat.inputs[i]);
    if (piece == kNone || !(c.type(concat.inputs[i]).shape == c.type(concat.inputs[0]).shape)) return std::nullopt;
    const NodeId split = c.value(piece).producer;
    const std::vector<ValueId>& parts = c.node(split).outputs;
    const auto at = static_cast<size_t>(std::find(parts.begin(), parts.end(), piece) - parts.begin());
    const Shape& shape = c.type(piece).shape;
    if (i == 0) out.split = split, out.first = at;
    const int64_t axis = c.node(split).attrs.as<SplitAttrs>().axis;
    if (split != out.split || at != out.first + i || !shape.ranked() || shape.rank() == 0) return std::nullopt;
    if ((axis < 0 ? axis + shape.rank() : axis) != shape.rank() - 1 || !shape[shape.rank() - 1].is_const())
      return std::nullopt;
    if (i > 0 && shape[shape.rank() - 1].value() != out.size) return std::nullopt;
    out.size = shape[shape.rank() - 1].value();
  }
  return out.count > 1 ? std::optional(out) : std::nullopt;
}

// How many axes of an entry of the stack, from axis 1 on, the rows of the pieces are; the others are a piece's columns.
std::optional<int> RowAxes(const Shape& entry, const Shape& piece) {
  const Dim rows = piece.Product(0, piece.rank() - 1);
  for (int i = 1; i < entry.rank(); ++i)
    if (entry.Product(1, i) == rows && entry.Product(i, entry.rank()) == piece[piece.rank() - 1]) return i - 1;
  return std::nullopt;
}

// Pieces, rows and columns as one Reshape gives them; none if it cannot.
std::optional<std::vector<int64_t>> DimsWith(const Shape& entry, int rows, size_t count) {
  std::vector<int64_t> out;
  for (int i = 1; i < entry.rank(); ++i) {
    if (i - 1 == rows) out.push_back(static_cast<int64_t>(count));
    if (entry[i].is(0)) return std::nullopt;
    out.push_back(entry[i].is_const() ? entry[i].value() : -1);
  }
  return std::count(out.begin(), out.end(), -1) <= 1 ? std::optional(std::move(out)) : std::nullopt;
}

// The sizes of a Split's outputs; none if they are not known.
std::optional<std::vector<int64_t>> SizesOf(const RewriteContext& c, const Node& split) {
  std::vector<int64_t> out;
  for (const ValueId v : split.outputs) {
    const Shape& shape = c.type(v).shape;
    if (v == kNone || !shape.ranked() || !shape[shape.rank() - 1].is_const()) return std::nullopt;
    out.push_back(shape[shape.rank() - 1].value());
  }
  return out;
}

// The pieces as one output of a Split; what was split, where they are all of it.
Result<ValueId> Together(RewriteContext& c, const Pieces& p, std::vector<int64_t> sizes) {
  const Node& old = c.node(p.split);
  if (p.count == sizes.size()) return old.inputs[0];
  const auto at = static_cast<std::ptrdiff_t>(p.first), end = static_cast<std::ptrdiff_t>(p.first + p.count);
  sizes.erase(sizes.begin() + at + 1, sizes.begin() + end);
  sizes[p.first] = p.size * static_cast<int64_t>(p.count);
  std::vector<ValueId> others = old.outputs;
  others.erase(others.begin() + at, others.begin() + end);
  Node split;
  split.op = old.op;
  split.attrs = Attrs(split.op->attrs);
  split.attrs.as<SplitAttrs>().axis = old.attrs.as<SplitAttrs>().axis;
  split.inputs = {old.inputs[0], c.AddConstant(c.value(old.inputs[0]).name + ".sizes", VectorI64(sizes))};
  HASTEN_ASSIGN(std::vector<ValueId> made, c.AddNode(std::move(split), p.split, std::vector<bool>(sizes.size(), true)));
  const ValueId together = made[p.first];
  made.erase(made.begin() + at);
  for (size_t i = 0; i < others.size(); ++i) c.Replace(others[i], made[i]);
  return together;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId y = c.node(n).outputs[0];
  const int64_t axis = *c.node(n).attrs.as<ConcatAttrs>().axis;
  const auto pieces = c.node(n).epilogue.empty() ? PiecesOf(c, c.node(n)) : std::nullopt;
  if (!pieces) return false;
  const Shape entry = c.type(c.node(n).inputs[0]).shape;
  const Shape piece = c.type(c.node(pieces->split).outputs[pieces->first]).shape;
  if (!entry.ranked() || entry.rank() < 2 || !entry[0].is(1) || (axis != 0 && axis != -entry.rank())) return false;
  const auto rows = RowAxes(entry, piece);
  const auto dims = rows ? DimsWith(entry, *rows, pieces->count) : std::nullopt;
  const auto sizes = SizesOf(c, c.node(pieces->split));
  if (!dims || !sizes) return false;
  std::vector<int64_t> perm{*rows};
  for (int i = 0; i < entry.rank(); ++i)
    if (i != *rows) perm.push_back(i);
  HASTEN_ASSIGN(const ValueId together, Together(c, *pieces, *sizes));
  const ValueId shape = c.AddConstant(c.value(y).name + ".shape", VectorI64(*dims));
  HASTEN_ASSIGN(const ValueId cut, c.Add("Reshape", {together, shape}, n));
  HASTEN_ASSIGN(const ValueId out, c.Add("Transpose", {cut}, n, {{"perm", perm}}));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kStackOfSplit = {
    .name = "stack_of_split",
    .doc =
        "Concat that stacks views of pieces that one Split gives side by side along the last axis, all as large -> the "
        "pieces as one, Reshape and Transpose.",
    .stage = Stage::kSiblings,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
