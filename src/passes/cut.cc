#include "passes/cut.h"

#include "ops/split.h"

namespace hasten {
namespace {

// Made to count from the front; false if some are not axes of that rank, as in nodes that never run.
bool MakeAxes(int rank, std::vector<int64_t>* axes) {
  for (int64_t& axis : *axes) {
    if (axis < 0) axis += rank;
    if (axis < 0 || axis >= rank) return false;
  }
  return true;
}

}  // namespace

std::optional<Cut> SliceOf(const RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const Shape& shape = c.type(node.inputs[0]).shape;
  const auto ints = [&](size_t i) { return c.KnownInts(node.inputs[i]); };
  const auto has = [&](size_t i) { return i < node.inputs.size() && node.inputs[i] != kNone; };
  const auto starts = ints(1), ends = ints(2);
  if (!starts || !ends || !shape.ranked() || starts->size() != ends->size()) return std::nullopt;
  Cut cut{*starts, *ends, {}, {}};
  if (has(3)) {
    const auto axes = ints(3);
    if (!axes) return std::nullopt;
    cut.axes = *axes;
  }
  if (has(4)) {
    const auto steps = ints(4);
    if (!steps) return std::nullopt;
    cut.steps = *steps;
  }
  for (size_t i = 0; !has(3) && i < starts->size(); ++i) cut.axes.push_back(static_cast<int64_t>(i));
  if (!has(4)) cut.steps.assign(starts->size(), 1);
  if (!MakeAxes(shape.rank(), &cut.axes)) return std::nullopt;
  if (cut.axes.size() != starts->size() || cut.steps.size() != starts->size()) return std::nullopt;
  return cut;
}

std::optional<std::vector<int64_t>> NamedAxes(const RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  if (node.inputs.size() < 2 || node.inputs[1] == kNone) return std::nullopt;
  const bool of_output = node.op->name == "Unsqueeze";
  const Shape& shape = c.type(of_output ? node.outputs[0] : node.inputs[0]).shape;
  auto axes = shape.ranked() ? c.KnownInts(node.inputs[1]) : std::nullopt;
  if (axes && !MakeAxes(shape.rank(), &*axes)) return std::nullopt;
  return axes;
}

Status ReplaceBySplit(RewriteContext& c, ValueId whole, int axis, std::span<const int64_t> sizes,
                      std::span<const ValueId> parts, NodeId before) {
  Node split;
  split.op = c.options().catalog->Find("Split");
  split.attrs = Attrs(split.op->attrs);
  split.attrs.as<SplitAttrs>().axis = axis;
  split.inputs = {whole, c.AddConstant(c.value(whole).name + ".sizes", VectorI64(sizes))};
  HASTEN_ASSIGN(const auto outputs, c.AddNode(std::move(split), before, std::vector<bool>(parts.size(), true)));
  for (size_t i = 0; i < parts.size(); ++i) c.Replace(parts[i], outputs[i]);
  return {};
}

}  // namespace hasten
