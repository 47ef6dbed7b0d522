#include <algorithm>

#include "ops/window.h"
#include "passes/attributes.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"AveragePool", "Conv"};

// Begin of every spatial axis, then end of every one, if only those are padded, with zeros, and none is cropped.
std::optional<std::vector<int64_t>> SpatialPads(const RewriteContext& c, const Node& pad, int rank) {
  if (AttrOr<std::string>(pad, "mode", "constant") != "constant") return std::nullopt;
  const auto some = c.KnownInts(pad.inputs[1]);
  if (!some) return std::nullopt;
  if (pad.inputs.size() > 2 && pad.inputs[2] != kNone) {
    const Tensor* fill = c.Known(pad.inputs[2]);
    if (!fill || fill->elements() != 1 || fill->Double(0) != 0) return std::nullopt;
  }
  std::vector<int64_t> axes;
  if (pad.inputs.size() > 3 && pad.inputs[3] != kNone) {
    const auto known = c.KnownInts(pad.inputs[3]);
    if (!known) return std::nullopt;
    axes = *known;
  } else {
    for (int i = 0; i < rank; ++i) axes.push_back(i);
  }
  if (some->size() != 2 * axes.size()) return std::nullopt;
  const int spatial = rank - 2;
  std::vector<int64_t> out(static_cast<size_t>(2 * spatial));
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i], begin = (*some)[i], end = (*some)[axes.size() + i];
    if (begin == 0 && end == 0) continue;
    if (axis < 2 || axis >= rank || begin < 0 || end < 0 || begin > 4096 || end > 4096) return std::nullopt;
    out[static_cast<size_t>(axis - 2)] += begin;
    out[static_cast<size_t>(spatial + axis - 2)] += end;
  }
  return out;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const NodeId pad = c.Producer(node.inputs[0], "Pad");
  const std::string auto_pad = AttrOr<std::string>(node, "auto_pad", "NOTSET");
  if (pad == kNone || (auto_pad != "NOTSET" && auto_pad != "VALID")) return false;
  const Shape& shape = c.type(node.inputs[0]).shape;
  if (!shape.ranked() || shape.rank() < 3) return false;
  auto pads = SpatialPads(c, c.node(pad), shape.rank());
  if (!pads) return false;
  auto own = auto_pad == "VALID" ? std::vector<int64_t>() : AttrOr<std::vector<int64_t>>(node, "pads", {});
  own.resize(pads->size());
  if (node.op->name == "AveragePool") {
    const bool unpadded = std::all_of(own.begin(), own.end(), [](int64_t p) { return p == 0; });
    if ((!unpadded && AttrOr<int64_t>(node, "count_include_pad", 0) == 0) || AttrOr<int64_t>(node, "ceil_mode", 0) != 0)
      return false;
  }
  for (size_t i = 0; i < own.size(); ++i) own[i] += (*pads)[i];
  Node& edited = c.Edit(n);
  HASTEN_TRY(edited.attrs.Set("pads", own));
  HASTEN_TRY(edited.attrs.Set("auto_pad", std::string("NOTSET")));
  if (edited.op->name == "AveragePool") HASTEN_TRY(edited.attrs.Set("count_include_pad", int64_t{1}));
  c.SetInput(n, 0, c.node(pad).inputs[0]);
  return true;
}

}  // namespace

extern const Rule kPadIntoWindow = {
    .name = "pad_into_window",
    .doc = "Conv or AveragePool of a Pad of spatial axes with zeros -> the same with larger pads.",
    .benefit = 20,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
