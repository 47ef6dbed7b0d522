// Values and nodes of a graph by their names, and errors that say which name was meant.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace hasten {

// kNotFound, with the nearest name there is.
Result<ValueId> ValueNamed(const Graph& graph, std::string_view name);
// By the node's name, or by that of a value it computes: nodes need no name.  An error where several have the name.
Result<NodeId> NodeNamed(const Graph& graph, std::string_view name);
Result<std::vector<ValueId>> ValuesNamed(const Graph& graph, std::span<const std::string> names);

// `name`, or where a value has that name already, `name` with a number.
std::string FreeName(const Graph& graph, const std::string& name);

}  // namespace hasten
