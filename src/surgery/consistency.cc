#include "surgery/consistency.h"

#include "ops/infer.h"

namespace hasten {
namespace {

bool IsListed(const std::vector<ValueId>& list, ValueId v) {
  return std::find(list.begin(), list.end(), v) != list.end();
}

}  // namespace

Status CleanUp(Graph* graph) {
  RemoveDead(graph);
  for (ValueId v = 0; v < graph->value_slots(); ++v) {
    const GraphValue& value = graph->value(v);
    const bool held = value.producer != kNone || value.constant || !value.uses.empty();
    if (value.alive && !held && !IsListed(graph->inputs, v) && !graph->IsOutput(v) && !IsListed(graph->captures, v))
      graph->EraseValue(v);
  }
  return Verify(*graph);
}

Status Retype(Graph* graph) {
  HASTEN_ASSIGN([[maybe_unused]] const int moved, SortTopologically(graph));
  HASTEN_TRY(InferTypes(graph));
  for (ValueId v = 0; v < graph->value_slots(); ++v) {
    GraphValue& value = graph->value(v);
    if (value.alive && value.declared.known() && value.type.known() && !IsListed(graph->inputs, v))
      value.declared = value.type;
  }
  return {};
}

}  // namespace hasten
