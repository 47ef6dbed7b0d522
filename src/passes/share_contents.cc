// Shape arithmetic that gives the same integers in several places is done in the first of them: inference tells it by
// symbols, where merge_duplicates needs the same nodes of the same values.
#include <map>

#include "passes/pipeline.h"

namespace hasten {
namespace {

// Empty where there is nothing to share: constants are folded anyway.
std::string TextOf(const Fact& fact) {
  const bool is_known = fact.ints && fact.type.is_tensor() && IsInteger(fact.type.dtype);
  if (!is_known || fact.value.data || fact.ints->elements.empty()) return {};
  std::string out = fact.type.Text();
  for (const Dim& d : fact.ints->elements) out += " " + d.Text();
  return out;
}

bool HasShapeArithmetic(const Graph& graph) {
  for (NodeId n = graph.first(); n != kNone; n = graph.node(n).next)
    if (const OpDef* op = graph.node(n).op; op && (op->name == "Shape" || op->name == "Size")) return true;
  return false;
}

}  // namespace

Status ShareContents(Graph* graph, const PassOptions&, PassReport::Entry* entry) {
  if (!HasShapeArithmetic(*graph)) return {};
  Inference inference({.fold_small = true, .learn_from = graph});
  for (ValueId v : graph->inputs) inference.Set(graph, v, {graph->value(v).type, {}, {}});  // defaults are not contents
  std::map<std::string, ValueId> seen;
  int shared = 0;
  for (NodeId n : graph->Order()) {
    if (!inference.RunNode(*graph, n).ok()) break;  // a node that never runs
    for (ValueId v : graph->node(n).outputs) {
      const std::string text = v == kNone ? "" : TextOf(inference.Get(graph, v));
      if (text.empty()) continue;
      const auto [same, fresh] = seen.try_emplace(text, v);
      if (fresh || graph->value(v).uses.empty() || graph->IsOutput(v)) continue;
      graph->ReplaceUses(v, same->second);
      ++shared;
    }
  }
  if (shared > 0) RemoveDead(graph);
  entry->fired += shared;
  return {};
}

}  // namespace hasten
