// What the scatter ops share: a copy of the data with updates written into, or reduced with, chosen places.
#pragma once
#include "ops/movement.h"

namespace hasten {

struct ScatterElementsAttrs {
  int64_t axis = 0;
  std::string reduction = "none";
};

struct ScatterNDAttrs {
  std::string reduction = "none";
};

// Scatter and ScatterElements: data, indices and updates.
Status InferScatterElements(InferCall& c);
Status EvalScatterElements(KernelCall& c);

Status CheckReduction(std::string_view reduction);
// Output 0 = input 0 with run k of input 2 (of `run` elements) reduced into the elements from targets[k] on, in order.
Status ApplyUpdates(const KernelCall& c, std::string_view reduction, std::span<const int64_t> targets, int64_t run);
// The same for known contents, where nothing is reduced.
void PropagateUpdates(InferCall& c, std::span<const int64_t> targets, int64_t run);
// Opset 16 brought reductions add and mul, 18 min and max.
Status DownReductionTo13(OnnxNode& n);
Status DownReductionTo16(OnnxNode& n);

}  // namespace hasten
