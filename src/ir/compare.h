// Deep structural equality of graphs and models, for tests.
#pragma once
#include "ir/graph.h"

namespace hasten {

// The same names, types, contents (bit for bit), nodes in the same order, and everything their files said.  Ids may
// differ.
bool SameGraph(const Graph& a, const Graph& b);
bool SameModel(const Model& a, const Model& b);

}  // namespace hasten
