#include "ops/convolution.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Conv"};

bool HasStride(const ConvAttrs& a) {
  return std::any_of(a.strides.begin(), a.strides.end(), [](int64_t s) { return s != 1; });
}

// A convolution that reads single places, none of them padding.
bool IsPointwise(const RewriteContext& c, const Node& conv) {
  const auto& a = conv.attrs.as<ConvAttrs>();
  const Shape& weight = c.type(conv.inputs[1]).shape;
  if (!weight.ranked() || HasSamePadding(a)) return false;
  if (HasExplicitPadding(a) && std::any_of(a.pads.begin(), a.pads.end(), [](int64_t p) { return p != 0; }))
    return false;
  for (int i = 2; i < weight.rank(); ++i)
    if (!weight[i].is(1)) return false;
  return true;
}

// A constant that is the same for all places of a plane.
bool IsSamePerPlane(const RewriteContext& c, ValueId v, int spatial) {
  const Tensor* t = c.Known(v);
  if (!t) return false;
  for (int i = 0; i < spatial && i < t->dims.rank(); ++i)
    if (t->dims[static_cast<size_t>(t->dims.rank() - 1 - i)] != 1) return false;
  return true;
}

// The input that an elementwise node takes place by place; nullopt if there is not exactly one.
std::optional<size_t> MovingInput(const RewriteContext& c, const Node& node, int spatial) {
  if (!node.op || !node.op->traits.elementwise || node.op->traits.random || !node.epilogue.empty() ||
      node.outputs.size() != 1)
    return std::nullopt;
  std::optional<size_t> moving;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (node.inputs[i] == kNone || IsSamePerPlane(c, node.inputs[i], spatial)) continue;
    if (moving) return std::nullopt;
    moving = i;
  }
  return moving;
}

struct Link {
  NodeId node;
  size_t moving;
};

// From the convolution that gives v, over elementwise nodes; empty if there is none, or others read what lies between.
std::vector<Link> ChainTo(const RewriteContext& c, ValueId v, int spatial) {
  std::vector<Link> out;
  while (c.OnlyUse(v)) {
    const NodeId n = c.value(v).producer;
    if (n == kNone) return {};
    const Node& node = c.node(n);
    if (c.type(v).shape.rank() != spatial + 2) return {};
    if (node.op && node.op->name == "Conv") {
      if (!node.epilogue.empty() || HasSamePadding(node.attrs.as<ConvAttrs>())) return {};
      out.push_back({n, 0});
      std::reverse(out.begin(), out.end());
      return out;
    }
    const auto moving = MovingInput(c, node, spatial);
    if (!moving) return {};
    out.push_back({n, *moving});
    v = node.inputs[*moving];
  }
  return {};
}

Result<ValueId> AddLike(RewriteContext& c, NodeId n, size_t input, ValueId x, const std::vector<int64_t>& strides,
                        NodeId before) {
  Node made = c.Like(n);
  if (x != kNone) made.inputs[input] = x;
  if (!strides.empty()) made.attrs.as<ConvAttrs>().strides = strides;
  return c.AddNode(std::move(made), before);
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const auto& a = node.attrs.as<ConvAttrs>();
  const Shape& shape = c.type(node.inputs[0]).shape;
  if (!HasStride(a) || !node.epilogue.empty() || !shape.ranked() || !IsPointwise(c, node)) return false;
  const int spatial = shape.rank() - 2;
  const std::vector<Link> chain = ChainTo(c, node.inputs[0], spatial);
  if (chain.empty()) return false;
  const auto& first = c.node(chain[0].node).attrs.as<ConvAttrs>();
  std::vector<int64_t> strides;
  for (int i = 0; i < spatial; ++i) strides.push_back(EntryOr(first.strides, i, 1) * EntryOr(a.strides, i, 1));
  const ValueId y = node.outputs[0];
  ValueId v = kNone;
  for (const Link& link : chain) {
    HASTEN_ASSIGN(v, AddLike(c, link.node, link.moving, v, v == kNone ? strides : std::vector<int64_t>(), n));
  }
  HASTEN_ASSIGN(v, AddLike(c, n, 0, v, std::vector<int64_t>(static_cast<size_t>(spatial), 1), n));
  c.Replace(y, v);
  return true;
}

}  // namespace

extern const Rule kStrideIntoConv = {
    .name = "stride_into_conv",
    .doc =
        "Conv, elementwise nodes, and a Conv of one place with strides, each read by the next alone -> the first Conv "
        "takes the strides: what would be skipped is not computed.",
    .stage = Stage::kWeights,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
