// Inputs for a model that a fuzzer made.
#pragma once
#include <optional>
#include <vector>

#include "plan/plan.h"

namespace hasten {

// Zeros of the types that the graph declares, open dims 1; none where there is no such small value.
inline std::optional<std::vector<Value>> SmallInputs(const Plan& plan) {
  std::vector<Value> inputs;
  for (SlotId s : plan.inputs) {
    const Type& type = plan.values[s].graph->value(plan.values[s].value).type;
    if (!type.is_tensor() || type.dtype == DType::kNone || !type.shape.ranked()) return std::nullopt;
    Dims dims;
    for (const Dim& d : type.shape.dims()) dims.push_back(d.is_const() ? d.value() : 1);
    const auto elements = CheckedElements(dims);
    if (!elements.ok() || *elements > 1 << 16) return std::nullopt;
    auto t = NewTensor(type.dtype, dims);
    if (!t.ok()) return std::nullopt;
    inputs.emplace_back(*std::move(t));
  }
  return inputs;
}

}  // namespace hasten
