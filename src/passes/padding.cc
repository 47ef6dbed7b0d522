#include "passes/padding.h"

#include <numeric>

namespace hasten {

std::optional<ConstantPad> ConstantPadOf(const RewriteContext& c, NodeId n) {
  const Node& pad = c.node(n);
  const Shape& shape = c.type(pad.inputs[0]).shape;
  const auto has = [&](size_t i) { return pad.inputs.size() > i && pad.inputs[i] != kNone; };
  if (!shape.ranked() || !pad.epilogue.empty() || pad.attrs.as<PadAttrs>().mode != "constant") return std::nullopt;
  const auto pads = c.KnownInts(pad.inputs[1]);
  ConstantPad out{std::vector<PadBorder>(static_cast<size_t>(shape.rank())), 0};
  if (has(2)) {
    const Tensor* fill = c.Known(pad.inputs[2]);
    if (!fill || fill->elements() != 1 || LaneOf(fill->dtype) == Lane::kString) return std::nullopt;
    out.fill = fill->Double(0);
  }
  std::vector<int64_t> axes(out.borders.size());
  std::iota(axes.begin(), axes.end(), 0);
  if (has(3)) {
    auto known = c.KnownInts(pad.inputs[3]);
    if (!known) return std::nullopt;
    axes = *std::move(known);
  }
  if (!pads || pads->size() != 2 * axes.size()) return std::nullopt;
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t axis = axes[i] < 0 ? axes[i] + shape.rank() : axes[i];
    if (axis < 0 || axis >= shape.rank()) return std::nullopt;
    out.borders[static_cast<size_t>(axis)] = {(*pads)[i], (*pads)[axes.size() + i]};
  }
  return out;
}

}  // namespace hasten
