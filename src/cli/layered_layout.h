// Places for the nodes of an acyclic graph, in layers from top to bottom (Sugiyama's method): layers by the longest
// path, crossings made fewer by barycentres, places along a layer by least squares.
#pragma once
#include <cstddef>
#include <vector>

namespace hasten::cli {

struct LayoutPoint {
  double x = 0, y = 0;
};
struct LayoutBox {
  double width = 0, height = 0;
};
struct LayoutEdge {
  size_t from = 0, to = 0;
};

struct Layout {
  std::vector<LayoutPoint> centers;              // of the boxes; y grows downwards
  std::vector<std::vector<LayoutPoint>> routes;  // of the edges: from the lower side of a box to the upper side of one
  double width = 0, height = 0;                  // everything lies within
};

// Precondition: the edges have no cycle.  A pure function of its arguments.
Layout LayeredLayout(const std::vector<LayoutBox>& boxes, const std::vector<LayoutEdge>& edges);

}  // namespace hasten::cli
