// Parts of `hasten inspect`, each as a table for people and as a list in JSON.
#pragma once
#include "cli/inspect/lifetimes.h"
#include "cli/inspect/node_costs.h"
#include "cli/report.h"

namespace hasten::cli {

void ShowNodes(std::span<const NodeCost> nodes, Report* report);
void ShowWeights(const Graph& graph, Report* report);
// By op, and by block: the beginning of the nodes' names up to their second '/'.
void ShowCosts(std::span<const NodeCost> nodes, Report* report);
void ShowMemory(const MemoryMap& map, Report* report);

}  // namespace hasten::cli
