#include "ops/convolution.h"
#include "ops/gemm.h"
#include "passes/cut.h"
#include "passes/siblings.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Conv", "Gemm"};
constexpr size_t kFewest = 3;  // two become two

struct Layer {
  NodeId node;
  const Tensor *weight, *bias;  // bias: null if there is none
};

bool HasInput(const Node& node, size_t i) { return i < node.inputs.size() && node.inputs[i] != kNone; }

bool AreSameAttrs(const Node& a, const Node& b) {
  for (const AttrField& field : a.attrs.fields()) {
    const auto x = a.attrs.Get(field), y = b.attrs.Get(field);
    if (x.has_value() != y.has_value() || (x && !SameAttr(*x, *y))) return false;
  }
  return true;
}

// The axis of the weights that is the output's axis 1; nullopt where that is no whole layer.
std::optional<int> OutputAxis(const Node& node) {
  if (node.op->name == "Gemm") return node.attrs.as<GemmAttrs>().trans_b ? 0 : 1;
  return node.attrs.as<ConvAttrs>().group == 1 ? std::optional(0) : std::nullopt;
}

bool AreSameButAlong(const Dims& a, const Dims& b, int axis) {
  if (a.rank() != b.rank()) return false;
  for (int i = 0; i < a.rank(); ++i)
    if (i != axis && a[static_cast<size_t>(i)] != b[static_cast<size_t>(i)]) return false;
  return true;
}

std::optional<Layer> LayerOf(const RewriteContext& c, NodeId n, const Node& like) {
  const Node& node = c.node(n);
  if (node.op != like.op || !AreSameAttrs(node, like) || HasInput(node, 2) != HasInput(like, 2)) return std::nullopt;
  const auto axis = OutputAxis(node);
  const Tensor *weight = axis ? c.Known(node.inputs[1]) : nullptr, *other = axis ? c.Known(like.inputs[1]) : nullptr;
  if (!weight || !other || !AreSameButAlong(weight->dims, other->dims, *axis) || !c.OnlyUse(node.inputs[1]))
    return std::nullopt;
  const int64_t size = weight->dims[static_cast<size_t>(*axis)];
  Layer out{n, weight, HasInput(node, 2) ? c.Known(node.inputs[2]) : nullptr};
  if (size == 0 || (HasInput(node, 2) && (!out.bias || out.bias->dims != Dims{size}))) return std::nullopt;
  return MayFuseWithReaders(c, node.outputs[0]) ? std::nullopt : std::optional(out);
}

Result<ValueId> AddJoined(RewriteContext& c, std::span<const Layer> group, const Tensor* Layer::*part, int axis,
                          const std::string& name) {
  std::vector<const Tensor*> parts;
  for (const Layer& layer : group) parts.push_back(layer.*part);
  HASTEN_ASSIGN(Tensor joined, JoinAlong(parts, axis));
  return c.AddConstant(name, std::move(joined));
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId x = c.node(n).inputs[0];
  const auto group = SiblingsOf<Layer>(c, x, [&](NodeId m) { return LayerOf(c, m, c.node(n)); });
  if (group.size() < kFewest || std::none_of(group.begin(), group.end(), [&](const Layer& l) { return l.node == n; }))
    return false;
  const int axis = *OutputAxis(c.node(n));
  std::vector<int64_t> sizes;
  std::vector<ValueId> parts;
  for (const Layer& layer : group) {
    sizes.push_back(layer.weight->dims[static_cast<size_t>(axis)]);
    parts.push_back(c.node(layer.node).outputs[0]);
  }
  Node made = c.Like(n);
  HASTEN_ASSIGN(const ValueId weights, AddJoined(c, group, &Layer::weight, axis, c.value(x).name + ".weights"));
  made.inputs = {x, weights};
  if (group[0].bias) {
    HASTEN_ASSIGN(const ValueId bias, AddJoined(c, group, &Layer::bias, 0, c.value(x).name + ".bias"));
    made.inputs.push_back(bias);
  }
  const NodeId before = group[0].node;
  HASTEN_ASSIGN(const ValueId y, c.AddNode(std::move(made), before));
  HASTEN_TRY(ReplaceBySplit(c, y, 1, sizes, parts, before));
  return true;
}

}  // namespace

extern const Rule kMergeSiblingLayers = {
    .name = "merge_sibling_layers",
    .doc =
        "Three or more Conv of one group, or Gemm, of one value, with the same attributes and known weights that "
        "nothing else reads, all with known vectors of biases or none -> one of them and Split; where none could have "
        "become one with an activation behind it.",
    .stage = Stage::kSiblings,
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
