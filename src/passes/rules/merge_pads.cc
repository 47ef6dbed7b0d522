#include <algorithm>

#include "passes/padding.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Pad"};
constexpr int64_t kMostPadding = int64_t{1} << 40;

bool IsPlain(const ConstantPad& pad) {
  return std::all_of(pad.borders.begin(), pad.borders.end(), [](const PadBorder& b) {
    return b.begin >= 0 && b.end >= 0 && b.begin <= kMostPadding && b.end <= kMostPadding;
  });
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const NodeId inner = c.Producer(c.node(n).inputs[0], "Pad");
  if (inner == kNone) return false;
  const auto first = ConstantPadOf(c, inner), second = ConstantPadOf(c, n);
  if (!first || !second || !(first->fill == second->fill) || !IsPlain(*first) || !IsPlain(*second)) return false;
  const size_t rank = first->borders.size();
  std::vector<int64_t> pads(2 * rank);
  for (size_t axis = 0; axis < rank; ++axis) {
    pads[axis] = first->borders[axis].begin + second->borders[axis].begin;
    pads[rank + axis] = first->borders[axis].end + second->borders[axis].end;
  }
  const ValueId y = c.node(n).outputs[0];
  Node made = c.Like(n);
  made.inputs.resize(std::min(made.inputs.size(), size_t{3}));  // all axes are padded
  made.inputs[0] = c.node(inner).inputs[0];
  made.inputs[1] = c.AddConstant(c.value(y).name + ".pads", VectorI64(pads));
  HASTEN_ASSIGN(const ValueId out, c.AddNode(std::move(made), n));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kMergePads = {
    .name = "merge_pads",
    .doc = "Pad of a Pad with the same constant, at known places -> one Pad.",
    .benefit = 20,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
