// What each node of a graph costs in one run.
#pragma once
#include <vector>

#include "ir/graph.h"
#include "tensor/value.h"

namespace hasten::cli {

struct NodeCost {
  const Graph* graph = nullptr;  // graphs inside nodes, too, after the node that holds them
  NodeId node = kNone;
  int depth = 0;          // of the graph: 0 is the model's
  double operations = 0;  // of the node alone; where the op does not say, one per element of its outputs
  int64_t bytes = 0;      // read and written: operands, weights and outputs once
  int64_t weight_bytes = 0, parameters = 0;  // of its constant operands
  std::vector<Type> out;                     // every dim a number, 1 where it depends on data
};

// In order.  Errors are inference's.
Result<std::vector<NodeCost>> CostsOf(const Graph& graph, std::span<const Value> inputs);

}  // namespace hasten::cli
