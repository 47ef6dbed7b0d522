// Layers that read one value, each with known weights of its own, and one layer with all weights in their place.
#pragma once
#include <algorithm>
#include <functional>

#include "passes/rule.h"

namespace hasten {

// True if what gives v may fuse with the nodes that read it: an activation, alone or spelled out.
bool MayFuseWithReaders(const RewriteContext& c, ValueId v);

// Tensors of one dtype, and of the same dims but along `axis`, one behind the other.
Result<Tensor> JoinAlong(std::span<const Tensor* const> parts, int axis);
// Entries [first, first + size) along `axis`, as a tensor of their own.
Result<Tensor> PartAlong(const Tensor& whole, int axis, int64_t first, int64_t size);

// What `layer_of` recognises among the nodes that read x as their input 0, in the graph's order.
template <class Layer>
std::vector<Layer> SiblingsOf(const RewriteContext& c, ValueId x,
                              const std::function<std::optional<Layer>(NodeId)>& layer_of) {
  std::vector<Layer> out;
  for (const Use use : c.value(x).uses) {
    const Node& node = c.node(use.node);
    if (use.index != 0 || !node.op || !node.epilogue.empty()) continue;
    if (auto layer = layer_of(use.node)) out.push_back(*std::move(layer));
  }
  std::sort(out.begin(), out.end(), [&](const Layer& a, const Layer& b) { return c.Before(a.node, b.node); });
  return out;
}

}  // namespace hasten
