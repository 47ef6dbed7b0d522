#include "ops/split.h"
#include "passes/cut.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Squeeze"};

bool HasLengthOne(const RewriteContext& c, ValueId v, int64_t axis) {
  const Shape& shape = c.type(v).shape;
  return shape.ranked() && shape[static_cast<int>(axis)].is(1);
}

// One entry of an axis of known length.
std::optional<int64_t> EntryOfSlice(const RewriteContext& c, NodeId slice, int64_t axis) {
  const auto cut = SliceOf(c, slice);
  const ValueId x = c.node(slice).inputs[0];
  if (!cut || cut->axes != std::vector{axis} || cut->steps[0] != 1 || !c.OnlyUse(c.node(slice).outputs[0]))
    return std::nullopt;
  const Dim& length = c.type(x).shape[static_cast<int>(axis)];
  if (!length.is_const() || !HasLengthOne(c, c.node(slice).outputs[0], axis)) return std::nullopt;
  const int64_t start = cut->starts[0] < 0 ? cut->starts[0] + length.value() : cut->starts[0];
  if (start < 0 || start >= length.value()) return std::nullopt;
  return start;
}

// Where the Split is nothing but entries that lose the axis.
std::optional<int64_t> EntryOfSplit(const RewriteContext& c, NodeId split, ValueId piece, int64_t axis) {
  const int64_t of = c.node(split).attrs.as<SplitAttrs>().axis;
  const Shape& shape = c.type(piece).shape;
  if (!shape.ranked() || (of < 0 ? of + shape.rank() : of) != axis) return std::nullopt;
  std::optional<int64_t> at;
  for (size_t i = 0; i < c.node(split).outputs.size(); ++i) {
    const ValueId v = c.node(split).outputs[i];
    if (!IsRead(c.graph(), v)) continue;
    if (!HasLengthOne(c, v, axis) || !c.OnlyUse(v)) return std::nullopt;
    const NodeId reader = c.value(v).uses[0].node;
    if (!c.node(reader).op || c.node(reader).op->name != "Squeeze") return std::nullopt;
    const auto axes = NamedAxes(c, reader);
    if (!axes || *axes != std::vector{axis}) return std::nullopt;
    if (v == piece) at = static_cast<int64_t>(i);
  }
  return at;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId piece = c.node(n).inputs[0], y = c.node(n).outputs[0];
  const NodeId from = c.value(piece).producer;
  const auto axes = NamedAxes(c, n);
  if (from == kNone || !c.node(from).op || !axes || axes->size() != 1) return false;
  const std::string_view op = c.node(from).op->name;
  const int64_t axis = (*axes)[0];
  const auto at = op == "Slice"   ? EntryOfSlice(c, from, axis)
                  : op == "Split" ? EntryOfSplit(c, from, piece, axis)
                                  : std::nullopt;
  if (!at) return false;
  const ValueId x = c.node(from).inputs[0], index = c.AddConstant(c.value(y).name + ".index", ScalarI64(*at));
  HASTEN_ASSIGN(const ValueId out, c.Add("Gather", {x, index}, n, {{"axis", axis}}));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kSqueezeToGather = {
    .name = "squeeze_to_gather",
    .doc = "Squeeze of a Slice of one entry, or of each piece of a Split into single entries -> Gather of the entry.",
    .stage = Stage::kMerge,
    .benefit = 20,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
