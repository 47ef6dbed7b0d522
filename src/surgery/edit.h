// Inputs, outputs, names and shapes of a graph.  Each edit leaves a verified graph, or says why it cannot be made; an
// error leaves the graph unusable.  Names that are not there are kNotFound, with the nearest one.
#pragma once
#include <string>

#include "ir/graph.h"

namespace hasten {

Status RenameValue(Graph* graph, std::string_view from, std::string to);
Status RenameNode(Graph* graph, std::string_view from, std::string to);

Status MarkOutput(Graph* graph, std::string_view value);    // becomes the last output
Status UnmarkOutput(Graph* graph, std::string_view value);  // one must be left; what only it needed goes
// The value becomes the last input; what computed it goes where nothing else needs it.
Status MarkInput(Graph* graph, std::string_view value);

// Types of all values follow.  An error names the first node that cannot work with the new shape.
Status SetInputShape(Graph* graph, std::string_view input, Shape shape);
// Every dim that is or contains the symbol, in all inputs: a number or another symbol.
Status SetDim(Graph* graph, std::string_view symbol, const Dim& dim);

}  // namespace hasten
