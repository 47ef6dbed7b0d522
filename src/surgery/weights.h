// Models without their weights: small enough to send around, and the same graph.
#pragma once
#include <string>

#include "ir/graph.h"

namespace hasten {

struct WeightCount {
  int64_t weights = 0, bytes = 0;
};

// Each weight of at least `at_least` bytes (floats and 8-bit integers; those of graphs inside nodes too) becomes a
// ConstantOfShape of zeros with its name, shape and dtype, which says in its doc string what it was: any runtime loads
// the result.  ConstantOfShape exists since opset 9, and for bf16 since 20; export says so.
Result<WeightCount> StripWeights(Graph* graph, int64_t at_least);

// Puts the weights of `from` in the places of those that were stripped, by their names.  An error names those that
// `from` lacks or has in another type.
Result<WeightCount> RestoreWeights(Graph* graph, const Graph& from);

}  // namespace hasten
