// What distinguishes two graphs.
#pragma once
#include <string>
#include <vector>

#include "ir/graph.h"

namespace hasten {

struct GraphDifference {
  enum class Kind : uint8_t { kOnlyFirst, kOnlySecond, kChanged };
  struct Entry {
    Kind kind = Kind::kChanged;
    std::string what;                  // "node 'conv1' (Conv)", "weight \"w\"", "input \"x\""
    std::vector<std::string> changes;  // "kernel_shape: [3,3] -> [5,5]"; of kChanged
  };
  std::vector<Entry> interface;  // inputs and outputs of the graph, opsets, metadata
  std::vector<Entry> nodes, weights;
  int64_t same_nodes = 0, same_weights = 0;

  bool equal() const { return interface.empty() && nodes.empty() && weights.empty(); }
};

// Nodes are paired by name, else by the name of their first output, else in order among those of one op and the same
// operands; weights by name.  The order of nodes does not count, and neither do names of values inside.
// Graphs inside nodes count as one attribute: they are the same, bit for bit, or not.
GraphDifference Differ(const Model& a, const Model& b);

}  // namespace hasten
