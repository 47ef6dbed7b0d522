#include "import/onnx/scope.h"

#include <algorithm>

namespace hasten::onnx {

std::optional<ValueId> Scope::Find(Bytes name) {
  if (const auto it = names.find(name); it != names.end()) return it->second;
  if (!outer) return std::nullopt;
  const std::optional<ValueId> outside = outer->Find(name);
  if (!outside) return std::nullopt;
  const ValueId inside = *outside == kNone ? kNone : StandInFor(*outside);
  names.emplace(name, inside);
  return inside;
}

ValueId Scope::StandInFor(ValueId outer_value) {
  if (const auto it = stand_ins_.find(outer_value); it != stand_ins_.end()) return it->second;
  const GraphValue& from = outer->graph->value(outer_value);
  const ValueId inner = graph->AddValue(from.name, from.type);
  graph->value(inner).constant = from.constant;
  captured.push_back({outer_value, inner});
  stand_ins_.emplace(outer_value, inner);
  return inner;
}

std::vector<ValueId> JoinCaptures(const std::vector<std::unique_ptr<Scope>>& scopes) {
  std::vector<ValueId> joined;
  std::unordered_map<ValueId, size_t> place;
  for (const auto& scope : scopes)
    for (const Scope::Capture& c : scope->captured)
      if (place.emplace(c.outer, joined.size()).second) joined.push_back(c.outer);
  for (const auto& scope : scopes) {
    scope->graph->captures.assign(joined.size(), kNone);
    for (const Scope::Capture& c : scope->captured) scope->graph->captures[place[c.outer]] = c.inner;
  }
  return joined;
}

void SetConstant(Graph* graph, ValueId v, Constant c) {
  GraphValue& value = graph->value(v);
  value.type = Type::Tensor(c.tensor.dtype, Shape(c.tensor.dims));
  value.constant = std::make_shared<const Constant>(std::move(c));
}

}  // namespace hasten::onnx
