#include "surgery/extract.h"

#include "surgery/consistency.h"
#include "surgery/names.h"

namespace hasten {
namespace {

bool Contains(const std::vector<ValueId>& list, ValueId v) {
  return std::find(list.begin(), list.end(), v) != list.end();
}

// Inputs of the graph that its outputs need.
std::vector<ValueId> Needed(const Graph& graph) {
  std::vector<bool> seen(graph.value_slots());
  std::vector<ValueId> stack = graph.outputs;
  while (!stack.empty()) {
    const ValueId v = stack.back();
    stack.pop_back();
    if (v == kNone || seen[v]) continue;
    seen[v] = true;
    if (const NodeId n = graph.value(v).producer; n != kNone)
      stack.insert(stack.end(), graph.node(n).inputs.begin(), graph.node(n).inputs.end());
  }
  std::vector<ValueId> out;
  for (const ValueId v : graph.inputs)
    if (seen[v]) out.push_back(v);
  return out;
}

Status RequireType(const GraphValue& v) {
  const Type type = TrustedType(v);
  if (type.known() && (!type.is_tensor() || type.dtype != DType::kNone)) return {};
  return Status(Code::kInvalidArgument,
                Str("the type of ", Quote(v.name), " is not known, so that it cannot be an input; cut elsewhere"));
}

}  // namespace

ValueId CutOff(Graph* graph, ValueId v) {
  const GraphValue old = graph->value(v);
  HASTEN_CHECK(graph->Rename(v, FreeName(*graph, Str(old.name, "_computed"))).ok());
  const ValueId fresh = graph->AddValue(old.name, old.type);
  GraphValue& value = graph->value(fresh);
  value.type = value.declared = TrustedType(old);
  value.doc = old.doc;
  value.metadata = old.metadata;
  graph->ReplaceUses(v, fresh);
  return fresh;
}

Status Extract(std::span<const std::string> inputs, std::span<const std::string> outputs, Graph* graph) {
  HASTEN_ASSIGN(const std::vector<ValueId> from, ValuesNamed(*graph, inputs));
  if (!outputs.empty()) {
    HASTEN_ASSIGN(const std::vector<ValueId> named, ValuesNamed(*graph, outputs));
    for (const ValueId v : named)
      if (!graph->IsOutput(v)) graph->value(v).declared = TrustedType(graph->value(v));
    graph->outputs = named;
  }
  std::vector<ValueId> chosen;
  for (const ValueId v : from) {
    if (Contains(graph->outputs, v))
      return Status(Code::kInvalidArgument, Str(Quote(graph->value(v).name), " cannot be an input and an output"));
    HASTEN_TRY(RequireType(graph->value(v)));
    chosen.push_back(Contains(graph->inputs, v) ? v : CutOff(graph, v));
  }
  const std::vector<ValueId> needed = Needed(*graph);
  std::vector<std::string> missing;
  for (const ValueId v : needed)
    if (!from.empty() && !Contains(chosen, v)) missing.push_back(Quote(graph->value(v).name));
  if (!missing.empty())
    return Status(Code::kInvalidArgument,
                  Str("the outputs need ", Join(missing, ", "), ", too: name ", missing.size() > 1 ? "them" : "it",
                      " among the inputs, or values between ", missing.size() > 1 ? "them" : "it", " and the outputs"));
  graph->inputs = from.empty() ? needed : chosen;
  return CleanUp(graph);
}

}  // namespace hasten
