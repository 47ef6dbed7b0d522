// Graphs brought into order, with the results they have.
#pragma once
#include <string>
#include <vector>

#include "passes/driver.h"

namespace hasten {

// Sorts the nodes, computes beforehand what constants alone determine, and prunes.
Status Sanitize(Model* model, PassReport* report);

struct Pruned {
  int64_t nodes = 0, constants = 0;
  std::vector<std::string> inputs;
};
// Erases nodes that no output needs and constants that nobody reads; with `unused_inputs`, inputs too, which changes
// how the model is called.
Result<Pruned> Prune(Graph* graph, bool unused_inputs);

}  // namespace hasten
