// From our form of a node to the one that its op has at an older opset.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "ops/onnx_form.h"

namespace hasten::onnx {

// A node as it will stand in the file.
struct WrittenNode {
  OnnxNode form;
  std::string name, doc;
  std::map<std::string, std::string> metadata;
  std::vector<ValueId> captures;  // outer values that the graphs in form.attrs see
};

// Appends node `n` of the graph, and the nodes that its old form needs around it, to `out`.  Constants and values they
// need are added to the graph; nothing else of it changes.  A domain that `opsets` lacks is added with the op's newest
// version.
using Opsets = std::map<std::string, int, std::less<>>;
Status Downgrade(Graph* graph, NodeId n, Opsets* opsets, std::vector<WrittenNode>* out);

}  // namespace hasten::onnx
