#include "surgery/names.h"

#include "base/nearest.h"

namespace hasten {
namespace {

Status NoSuch(std::string_view what, std::string_view name, std::span<const std::string> names) {
  const std::string nearest = Nearest(name, names);
  return Status(Code::kNotFound, Str("the model has no ", what, " ", Quote(name),
                                     nearest.empty() ? "" : Str("; did you mean ", Quote(nearest), "?")));
}

std::vector<std::string> ValueNames(const Graph& graph) {
  std::vector<std::string> out;
  for (ValueId v = 0; v < graph.value_slots(); ++v)
    if (graph.value(v).alive) out.push_back(graph.value(v).name);
  return out;
}

bool IsListed(const std::vector<ValueId>& list, ValueId v) {
  return std::find(list.begin(), list.end(), v) != list.end();
}

}  // namespace

Result<ValueId> ValueNamed(const Graph& graph, std::string_view name) {
  const ValueId v = graph.FindValue(name);
  if (v != kNone) return v;
  return NoSuch("value", name, ValueNames(graph));
}

Result<std::vector<ValueId>> ValuesNamed(const Graph& graph, std::span<const std::string> names) {
  std::vector<ValueId> out;
  for (const std::string& name : names) {
    HASTEN_ASSIGN(const ValueId v, ValueNamed(graph, name));
    if (IsListed(out, v)) return Status(Code::kInvalidArgument, Str("value ", Quote(name), " is named twice"));
    out.push_back(v);
  }
  return out;
}

Result<NodeId> NodeNamed(const Graph& graph, std::string_view name) {
  std::vector<std::string> names;
  NodeId found = kNone;
  int count = 0;
  for (const NodeId n : graph.Order()) {
    const Node& node = graph.node(n);
    if (!node.name.empty()) names.push_back(node.name);
    if (node.name != name || name.empty()) continue;
    found = n;
    ++count;
  }
  if (count > 1)
    return Status(Code::kInvalidArgument,
                  Str(count, " nodes are named ", Quote(name), "; name a value that the one you mean computes"));
  if (count == 1) return found;
  const ValueId v = graph.FindValue(name);
  if (v != kNone && graph.value(v).producer != kNone) return graph.value(v).producer;
  for (std::string& value : ValueNames(graph))
    if (graph.value(graph.FindValue(value)).producer != kNone) names.push_back(std::move(value));
  return NoSuch("node", name, names);
}

std::string FreeName(const Graph& graph, const std::string& name) {
  if (graph.FindValue(name) == kNone) return name;
  int suffix = 1;
  while (graph.FindValue(Str(name, "_", suffix)) != kNone) ++suffix;
  return Str(name, "_", suffix);
}

}  // namespace hasten
