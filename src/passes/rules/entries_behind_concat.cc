#include <algorithm>

#include "ops/concat.h"
#include "ops/gather.h"
#include "passes/cut.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Concat"};

int64_t AxisOf(const RewriteContext& c, NodeId concat) {
  const int64_t axis = *c.node(concat).attrs.as<ConcatAttrs>().axis;
  return axis < 0 ? axis + c.type(c.node(concat).outputs[0]).shape.rank() : axis;
}

// The Concat of which v is an Unsqueeze that puts in that axis.
NodeId ConcatUnder(const RewriteContext& c, ValueId v, int64_t axis) {
  const NodeId unsqueeze = c.Producer(v, "Unsqueeze");
  if (unsqueeze == kNone || !c.OnlyUse(v)) return kNone;
  const auto axes = NamedAxes(c, unsqueeze);
  const ValueId joined = c.node(unsqueeze).inputs[0];
  if (!axes || *axes != std::vector{axis} || c.graph().IsOutput(joined)) return kNone;
  return c.Producer(joined, "Concat");
}

// The value of which v is entry `at` of an axis that has `count` of them; kNone if it is none.
ValueId WholeOf(const RewriteContext& c, ValueId v, int64_t axis, int64_t at, size_t count) {
  const NodeId gather = c.Producer(v, "Gather");
  if (gather == kNone) return kNone;
  const ValueId x = c.node(gather).inputs[0];
  const Tensor* index = c.Known(c.node(gather).inputs[1]);
  const Shape& shape = c.type(x).shape;
  if (!index || index->dims.rank() != 0 || !shape.ranked()) return kNone;
  const int64_t of = c.node(gather).attrs.as<GatherAttrs>().axis, length = static_cast<int64_t>(count);
  if ((of < 0 ? of + shape.rank() : of) != axis || !shape[static_cast<int>(axis)].is(length)) return kNone;
  return index->Int(0) == at || index->Int(0) + length == at ? x : kNone;
}

struct Stack {
  std::vector<NodeId> layers;  // Concats of as many parts each
  size_t parts = 0;
  size_t place = 0;  // of the part that is an entry of `whole` in each
  ValueId whole = kNone;
};

// The part that is entry i of one value in layer i, for all i.
bool FindWhole(const RewriteContext& c, int64_t axis, Stack* stack) {
  for (stack->place = 0; stack->place < stack->parts; ++stack->place) {
    for (size_t i = 0; i < stack->layers.size(); ++i) {
      const ValueId part = c.node(stack->layers[i]).inputs[stack->place];
      const ValueId whole = WholeOf(c, part, axis, static_cast<int64_t>(i), stack->layers.size());
      if (i > 0 && whole != stack->whole) stack->whole = kNone;
      if (i == 0) stack->whole = whole;
      if (stack->whole == kNone) break;
    }
    if (stack->whole != kNone) return true;
  }
  return false;
}

// Whether parts of the same place stack: with one beside the entry, what they must be together says so.
bool PartsAgree(const RewriteContext& c, const Stack& s) {
  for (size_t part = 0; part < s.parts && s.parts > 2; ++part)
    for (const NodeId layer : s.layers)
      if (!(c.type(c.node(layer).inputs[part]).shape == c.type(c.node(s.layers[0]).inputs[part]).shape)) return false;
  return true;
}

std::optional<Stack> StackOf(const RewriteContext& c, NodeId n, int64_t axis) {
  Stack out;
  for (const ValueId v : c.node(n).inputs) {
    const NodeId layer = ConcatUnder(c, v, axis);
    if (layer == kNone || std::count(out.layers.begin(), out.layers.end(), layer) > 0) return std::nullopt;
    if (!out.layers.empty() && (AxisOf(c, layer) != AxisOf(c, out.layers[0]) ||
                                c.node(layer).inputs.size() != c.node(out.layers[0]).inputs.size()))
      return std::nullopt;
    out.layers.push_back(layer);
  }
  out.parts = c.node(out.layers[0]).inputs.size();
  return out.layers.size() > 1 && FindWhole(c, axis, &out) && PartsAgree(c, out) ? std::optional(std::move(out))
                                                                                 : std::nullopt;
}

// Nodes that go less those that come.
int64_t Gain(const RewriteContext& c, const Stack& s) {
  const auto layers = static_cast<int64_t>(s.layers.size()), others = static_cast<int64_t>(s.parts) - 1;
  int64_t gain = layers - (layers + 1) * others + layers;  // Concats and Unsqueezes; Unsqueezes and Concats
  for (const NodeId layer : s.layers) {
    gain += c.OnlyUse(c.node(layer).inputs[s.place]);
    gain -= !c.OnlyUse(c.node(layer).outputs[0]);
  }
  return gain;
}

Result<ValueId> Stacked(RewriteContext& c, const Stack& s, size_t part, int64_t axis, NodeId before) {
  if (part == s.place) return s.whole;
  std::vector<ValueId> entries;
  for (const NodeId layer : s.layers) {
    const ValueId v = c.node(layer).inputs[part],
                  list = c.AddConstant(c.value(v).name + ".axis", VectorI64({&axis, 1}));
    HASTEN_ASSIGN(entries.emplace_back(), c.Add("Unsqueeze", {v, list}, before));
  }
  return c.Add("Concat", std::move(entries), before, {{"axis", axis}});
}

// In front of all that reads the layers, if all that they are made of is computed by then; kNone otherwise.
NodeId PlaceFor(const RewriteContext& c, const Stack& s) {
  NodeId first = s.layers[0];
  for (const NodeId layer : s.layers)
    if (c.Before(first, layer)) first = layer;
  for (const NodeId layer : s.layers)
    for (const Use use : c.value(c.node(layer).outputs[0]).uses)
      if (c.Before(use.node, first)) first = use.node;
  for (const NodeId layer : s.layers)
    for (const ValueId v : c.node(layer).inputs)
      if (const NodeId n = c.value(v).producer; n != kNone && !c.Before(n, first)) return kNone;
  return first;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId y = c.node(n).outputs[0];
  if (!c.type(y).shape.ranked() || !c.node(n).epilogue.empty()) return false;
  const int64_t axis = AxisOf(c, n);
  const auto stack = StackOf(c, n, axis);
  const NodeId before = stack && Gain(c, *stack) > 0 ? PlaceFor(c, *stack) : kNone;
  if (before == kNone) return false;
  const int64_t inner = AxisOf(c, stack->layers[0]);
  std::vector<ValueId> parts;
  for (size_t i = 0; i < stack->parts; ++i) {
    HASTEN_ASSIGN(parts.emplace_back(), Stacked(c, *stack, i, axis, before));
  }
  HASTEN_ASSIGN(const ValueId whole,
                c.Add("Concat", std::move(parts), before, {{"axis", inner < axis ? inner : inner + 1}}));
  c.Replace(y, whole);
  for (size_t i = 0; i < stack->layers.size(); ++i) {
    if (!c.node(stack->layers[i]).alive) continue;
    const ValueId entry = c.node(stack->layers[i]).outputs[0];
    const ValueId index = c.AddConstant(c.value(entry).name + ".index", ScalarI64(static_cast<int64_t>(i)));
    HASTEN_ASSIGN(const ValueId out, c.Add("Gather", {whole, index}, before, {{"axis", axis}}));
    c.Replace(entry, out);
  }
  return true;
}

}  // namespace

extern const Rule kEntriesBehindConcat = {
    .name = "entries_behind_concat",
    .doc =
        "Concats, each of one entry of a value that has as many and of something else, stacked by Unsqueeze and Concat "
        "-> Concat of that value with the others stacked; where more than the stack reads them, its entries.  Where "
        "that leaves fewer nodes.",
    .stage = Stage::kMerge,
    .benefit = 10,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
