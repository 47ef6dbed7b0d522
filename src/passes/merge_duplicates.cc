#include <algorithm>
#include <map>

#include "passes/pipeline.h"

namespace hasten {
namespace {

uint64_t Mix(uint64_t h, uint64_t v) { return (h ^ v) * 0x9e3779b97f4a7c15u + (h >> 29); }

uint64_t HashOf(const Tensor& t) {
  uint64_t h = Mix(static_cast<uint64_t>(t.dtype), static_cast<uint64_t>(t.elements()));
  for (int64_t d : t.dims) h = Mix(h, static_cast<uint64_t>(d));
  if (t.dtype == DType::kString) return h;
  const auto head = static_cast<size_t>(std::min<int64_t>(t.bytes(), 4096));  // large weights stay unread
  return Mix(h, std::hash<std::string_view>()({reinterpret_cast<const char*>(t.data), head}));
}

bool SameAttrs(const Node& a, const Node& b) {
  for (const AttrField& field : a.attrs.fields()) {
    const auto x = a.attrs.Get(field), y = b.attrs.Get(field);
    if (x.has_value() != y.has_value() || (x && !SameAttr(*x, *y))) return false;
  }
  return true;
}

bool SameWork(const Node& a, const Node& b) {
  if (a.op != b.op || a.inputs != b.inputs || a.epilogue_operands != b.epilogue_operands ||
      a.outputs.size() != b.outputs.size() || a.epilogue.Text() != b.epilogue.Text())
    return false;
  // Some ops compute according to which outputs are wanted.
  for (size_t i = 0; i < a.outputs.size(); ++i)
    if ((a.outputs[i] == kNone) != (b.outputs[i] == kNone)) return false;
  return SameAttrs(a, b);
}

bool Mergeable(const Graph& graph, const Node& node) {
  if (!node.op || node.op->traits.random || node.op->traits.region || node.captures > 0) return false;
  return std::none_of(node.outputs.begin(), node.outputs.end(),
                      [&](ValueId v) { return v != kNone && graph.IsOutput(v); });
}

int MergeConstants(Graph* graph) {
  std::multimap<uint64_t, ValueId> seen;
  int merged = 0;
  for (ValueId v = 0; v < graph->value_slots(); ++v) {
    const GraphValue& value = graph->value(v);
    if (!value.alive || !value.constant || graph->IsOutput(v) || value.uses.empty()) continue;
    if (std::find(graph->inputs.begin(), graph->inputs.end(), v) != graph->inputs.end()) continue;
    const Tensor& t = value.constant->tensor;
    const uint64_t h = HashOf(t);
    const auto [begin, end] = seen.equal_range(h);
    const auto same = std::find_if(begin, end, [&](const auto& e) { return SameBits(*graph->constant(e.second), t); });
    if (same == end) {
      seen.emplace(h, v);
      continue;
    }
    graph->ReplaceUses(v, same->second);
    graph->EraseValue(v);
    ++merged;
  }
  return merged;
}

int MergeNodes(Graph* graph) {
  std::multimap<uint64_t, NodeId> seen;
  int merged = 0;
  for (NodeId n : graph->Order()) {
    const Node& node = graph->node(n);
    if (!Mergeable(*graph, node)) continue;
    uint64_t h = reinterpret_cast<uintptr_t>(node.op);
    for (ValueId v : node.inputs) h = Mix(h, v);
    const auto [begin, end] = seen.equal_range(h);
    const auto same = std::find_if(begin, end, [&](const auto& e) { return SameWork(graph->node(e.second), node); });
    if (same == end) {
      seen.emplace(h, n);
      continue;
    }
    const std::vector<ValueId> from = node.outputs, to = graph->node(same->second).outputs;
    graph->EraseNode(n);
    for (size_t i = 0; i < from.size(); ++i) {
      if (from[i] == kNone) continue;
      graph->ReplaceUses(from[i], to[i]);
      graph->EraseValue(from[i]);
    }
    ++merged;
  }
  return merged;
}

}  // namespace

Status MergeDuplicates(Graph* graph, const PassOptions&, PassReport::Entry* entry) {
  entry->fired += MergeConstants(graph) + MergeNodes(graph);
  return {};
}

}  // namespace hasten
