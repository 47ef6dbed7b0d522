// Graphs as pictures: Graphviz's language, and SVG with a layout of our own.
#pragma once
#include <string>
#include <vector>

#include "ir/graph.h"

namespace hasten::cli {

// One picture of several graphs side by side: with one, the graph; with two, before and after.  A node that the other
// graph lacks, or has with another op or epilogue, is marked.  Constants and graphs inside nodes are not drawn; a node
// says how many it has.
struct DrawnGraph {
  std::string title;
  const Graph* graph = nullptr;
};
std::string DotText(const std::vector<DrawnGraph>& pictures);
std::string SvgText(const std::vector<DrawnGraph>& pictures);

}  // namespace hasten::cli
