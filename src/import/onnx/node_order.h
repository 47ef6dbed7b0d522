// The order in which a file's nodes can be read.
#pragma once
#include <string>
#include <vector>

#include "import/onnx/wire.h"

namespace hasten::onnx {

// Of graphs inside nodes.  No file goes deeper: protobuf readers stop at 100 nested messages, three a graph.
inline constexpr int kMaxGraphDepth = 32;

struct NodeOrder {
  std::vector<size_t> order;
  size_t moved = 0;  // nodes that come earlier than the file has them
};

// Every node after those whose outputs it, or a graph inside it, uses; the file's order where that is right already.
// Fails on a cycle, and where graphs are nested deeper than kMaxGraphDepth below `depth`.
Result<NodeOrder> OrderNodes(const std::vector<WireNode>& nodes, int depth);

// "node 12 'conv1' (Conv)"
std::string Where(size_t index, const WireNode& node);

}  // namespace hasten::onnx
