// Making the open dims of a model's inputs constant.
#pragma once
#include "cli/shapes.h"

namespace hasten::cli {

// "x:1,3,224,224", "x=1x3x224x224", or for a graph with one input the dims alone, as InputShapes takes them.
Result<std::vector<std::string>> NormalShapes(const Graph& graph, std::span<const std::string> texts);

// Gives the inputs the dims that `shapes` knows, also where they share a symbol with one that was given; types and
// declared types of all other values follow.
Status FixShapes(const InputShapes& shapes, Graph* graph);

}  // namespace hasten::cli
