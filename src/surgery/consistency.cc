#include "surgery/consistency.h"

#include "ops/infer.h"

namespace hasten {
namespace {

bool IsOpen(const Dim& d) {
  const auto symbol = d.symbol();
  return symbol && symbol->starts_with('?');
}

// The claimed name, if there is one.
Dim NamedDim(const Type& claimed, int rank, int axis) {
  if (!claimed.is_tensor() || !claimed.shape.ranked() || claimed.shape.rank() != rank) return Dim::Fresh();
  return claimed.shape[axis].symbol() ? claimed.shape[axis] : Dim::Fresh();
}

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

Type TrustedType(const GraphValue& value) {
  const Type& claimed = value.declared;
  if (!value.type.known()) return claimed;
  Type out = value.type;
  if (!out.is_tensor()) return out;
  if (out.dtype == DType::kNone && claimed.is_tensor()) out.dtype = claimed.dtype;
  if (!out.shape.ranked() && claimed.is_tensor() && claimed.shape.ranked()) {
    out.shape = claimed.shape;
    for (Dim& d : out.shape.dims())
      if (d.is(0)) d = Dim::Fresh();
    return out;
  }
  for (int axis = 0; out.shape.ranked() && axis < out.shape.rank(); ++axis) {
    Dim& d = out.shape[axis];
    if (!d.is_const() && (!d.symbol() || IsOpen(d))) d = NamedDim(claimed, out.shape.rank(), axis);
  }
  return out;
}

}  // namespace hasten
