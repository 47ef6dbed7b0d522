#include <algorithm>
#include <limits>

#include "ops/window.h"
#include "passes/attributes.h"
#include "passes/padding.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"AveragePool", "Conv", "MaxPool"};

constexpr int64_t kMostPadding = 4096;

// Begin of every spatial axis, then end of every one, if only those are padded, with `fill`, and none is cropped.
std::optional<std::vector<int64_t>> SpatialPads(const RewriteContext& c, NodeId pad, double fill) {
  const auto known = ConstantPadOf(c, pad);
  if (!known || known->fill != fill || known->borders.size() < 3) return std::nullopt;
  const size_t spatial = known->borders.size() - 2;
  std::vector<int64_t> out(2 * spatial);
  for (size_t axis = 0; axis < known->borders.size(); ++axis) {
    const auto [begin, end] = known->borders[axis];
    if (begin == 0 && end == 0) continue;
    if (axis < 2 || begin < 0 || end < 0 || begin > kMostPadding || end > kMostPadding) return std::nullopt;
    out[axis - 2] = begin;
    out[spatial + axis - 2] = end;
  }
  return out;
}

// A pool may not have pads of a window's size: places that see nothing else have no value.
bool FitsPool(const Node& pool, const std::vector<int64_t>& pads) {
  const auto kernel = AttrOr<std::vector<int64_t>>(pool, "kernel_shape", {});
  for (size_t i = 0; i < pads.size(); ++i)
    if (2 * kernel.size() != pads.size() || pads[i] >= kernel[i % kernel.size()]) return false;
  return AttrOr<int64_t>(pool, "ceil_mode", 0) == 0;
}

// `own` are the pads that the pool has.
bool MayPad(const Node& node, const std::vector<int64_t>& own, const std::vector<int64_t>& both) {
  if (node.op->name == "Conv") return true;
  const bool gives_indices = node.outputs.size() > 1 && node.outputs[1] != kNone;  // which count padded places, too
  if (gives_indices || !FitsPool(node, both)) return false;
  const bool unpadded = std::all_of(own.begin(), own.end(), [](int64_t p) { return p == 0; });
  return node.op->name == "MaxPool" || unpadded || AttrOr<int64_t>(node, "count_include_pad", 0) != 0;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const NodeId pad = c.Producer(node.inputs[0], "Pad");
  const std::string auto_pad = AttrOr<std::string>(node, "auto_pad", "NOTSET");
  if (pad == kNone || (auto_pad != "NOTSET" && auto_pad != "VALID")) return false;
  const bool is_max = node.op->name == "MaxPool";
  auto pads = SpatialPads(c, pad, is_max ? -std::numeric_limits<double>::infinity() : 0);
  if (!pads) return false;
  auto own = auto_pad == "VALID" ? std::vector<int64_t>() : AttrOr<std::vector<int64_t>>(node, "pads", {});
  own.resize(pads->size());
  for (size_t i = 0; i < own.size(); ++i) (*pads)[i] += own[i];
  if (!MayPad(node, own, *pads)) return false;
  Node& edited = c.Edit(n);
  HASTEN_TRY(edited.attrs.Set("pads", *pads));
  HASTEN_TRY(edited.attrs.Set("auto_pad", std::string("NOTSET")));
  if (edited.op->name == "AveragePool") HASTEN_TRY(edited.attrs.Set("count_include_pad", int64_t{1}));
  c.SetInput(n, 0, c.node(pad).inputs[0]);
  return true;
}

}  // namespace

extern const Rule kPadIntoWindow = {
    .name = "pad_into_window",
    .doc =
        "Conv or AveragePool of a Pad of spatial axes with zeros, MaxPool of one with -infinity -> the same with "
        "larger pads.",
    .benefit = 20,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
