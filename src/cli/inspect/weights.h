// What is in a model's weights.
#pragma once
#include <string>
#include <vector>

#include "ir/graph.h"

namespace hasten::cli {

struct WeightFacts {
  std::string name;
  const Tensor* tensor = nullptr;                           // the model's
  int64_t uses = 0;                                         // nodes that read it
  bool numbers = true;                                      // false: strings or complex, and none of what follows
  double least = 0, greatest = 0, mean = 0, deviation = 0;  // of the finite elements
  int64_t zeros = 0, not_a_numbers = 0, infinities = 0;
};

// Each constant once, graphs inside nodes included, the largest first.
std::vector<WeightFacts> GatherWeights(const Graph& graph);

}  // namespace hasten::cli
