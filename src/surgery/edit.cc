#include "surgery/edit.h"

#include "base/nearest.h"
#include "surgery/consistency.h"
#include "surgery/extract.h"
#include "surgery/names.h"

namespace hasten {
namespace {

Status Wrong(std::string message) { return Status(Code::kInvalidArgument, std::move(message)); }

// The place of a value in a list, which `what` calls it by.
Result<size_t> PlaceIn(const Graph& graph, const std::vector<ValueId>& list, std::string_view name,
                       std::string_view what) {
  std::vector<std::string> names;
  for (size_t i = 0; i < list.size(); ++i) {
    if (graph.value(list[i]).name == name) return i;
    names.push_back(graph.value(list[i]).name);
  }
  const std::string nearest = Nearest(name, names);
  return Status(Code::kNotFound, Str("the model has no ", what, " ", Quote(name),
                                     nearest.empty() ? "" : Str("; did you mean ", Quote(nearest), "?"), " (", what,
                                     "s: ", Join(names, ", "), ")"));
}

Shape Replaced(Shape shape, std::string_view symbol, const Dim& dim) {
  if (!shape.ranked()) return shape;
  for (Dim& d : shape.dims())
    d = d.Substitute([&](std::string_view s) { return s == symbol ? std::optional<Dim>(dim) : std::nullopt; });
  return shape;
}

// Names of the symbols in the shapes of inputs.
std::vector<std::string> InputSymbols(const Graph& graph) {
  std::vector<std::string> out;
  for (const ValueId v : graph.inputs) {
    if (!graph.value(v).type.shape.ranked()) continue;
    for (const Dim& d : graph.value(v).type.shape.dims())
      static_cast<void>(d.Substitute([&](std::string_view s) -> std::optional<Dim> {
        if (std::find(out.begin(), out.end(), s) == out.end()) out.emplace_back(s);
        return std::nullopt;
      }));
  }
  return out;
}

}  // namespace

Status RenameValue(Graph* graph, std::string_view from, std::string to) {
  HASTEN_ASSIGN(const ValueId v, ValueNamed(*graph, from));
  if (to.empty()) return Wrong(Str("the new name of ", Quote(from), " must not be empty"));
  return graph->Rename(v, std::move(to));
}

Status RenameNode(Graph* graph, std::string_view from, std::string to) {
  HASTEN_ASSIGN(const NodeId n, NodeNamed(*graph, from));
  graph->node(n).name = std::move(to);
  return {};
}

Status MarkOutput(Graph* graph, std::string_view value) {
  HASTEN_ASSIGN(const ValueId v, ValueNamed(*graph, value));
  if (graph->IsOutput(v)) return Wrong(Str(Quote(value), " is an output already"));
  if (std::find(graph->inputs.begin(), graph->inputs.end(), v) != graph->inputs.end())
    return Wrong(Str(Quote(value), " is an input: it cannot be an output as well"));
  graph->value(v).declared = TrustedType(graph->value(v));
  graph->outputs.push_back(v);
  return Verify(*graph);
}

Status UnmarkOutput(Graph* graph, std::string_view value) {
  HASTEN_ASSIGN(const size_t at, PlaceIn(*graph, graph->outputs, value, "output"));
  if (graph->outputs.size() == 1) return Wrong(Str(Quote(value), " is the only output"));
  graph->outputs.erase(graph->outputs.begin() + static_cast<std::ptrdiff_t>(at));
  return CleanUp(graph);
}

Status MarkInput(Graph* graph, std::string_view value) {
  HASTEN_ASSIGN(const ValueId v, ValueNamed(*graph, value));
  if (std::find(graph->inputs.begin(), graph->inputs.end(), v) != graph->inputs.end())
    return Wrong(Str(Quote(value), " is an input already"));
  if (graph->IsOutput(v)) return Wrong(Str(Quote(value), " is an output: it cannot be an input as well"));
  if (graph->value(v).type.is_tensor() && graph->value(v).type.dtype == DType::kNone)
    return Wrong(Str("the type of ", Quote(value), " is not known, so that it cannot be an input"));
  graph->inputs.push_back(CutOff(graph, v));
  return CleanUp(graph);
}

Status SetInputShape(Graph* graph, std::string_view input, Shape shape) {
  HASTEN_ASSIGN(const size_t at, PlaceIn(*graph, graph->inputs, input, "input"));
  GraphValue& v = graph->value(graph->inputs[at]);
  if (!v.type.is_tensor()) return Wrong(Str("input ", Quote(input), " is ", v.type, ", which has no shape"));
  if (v.type.shape.ranked() && v.type.shape.rank() != shape.rank())
    return Wrong(Str("input ", Quote(input), " is ", v.type, ": its shape must have ", v.type.shape.rank(),
                     " dims, not ", shape.rank()));
  v.type = v.declared = Type::Tensor(v.type.dtype, std::move(shape));
  return Retype(graph);
}

Status SetDim(Graph* graph, std::string_view symbol, const Dim& dim) {
  const std::vector<std::string> symbols = InputSymbols(*graph);
  if (std::find(symbols.begin(), symbols.end(), symbol) == symbols.end()) {
    const std::string nearest = Nearest(symbol, symbols);
    return Status(
        Code::kNotFound,
        Str("no input has a dim ", Quote(symbol), nearest.empty() ? "" : Str("; did you mean ", Quote(nearest), "?"),
            symbols.empty() ? "; all are fixed" : Str(" (dims: ", Join(symbols, ", "), ")")));
  }
  for (const ValueId v : graph->inputs) {
    GraphValue& value = graph->value(v);
    if (!value.type.is_tensor()) continue;
    value.type.shape = Replaced(std::move(value.type.shape), symbol, dim);
    value.declared = value.type;
  }
  return Retype(graph);
}

}  // namespace hasten
