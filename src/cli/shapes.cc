#include "cli/shapes.h"

#include <charconv>

#include "base/nearest.h"

namespace hasten::cli {

Result<NamedShape> ParseShape(std::string_view text) {
  const auto wrong = [&] {
    return Status(Code::kInvalidArgument, Str("'", text, "' must be NAME=DIMS, as in x=1x3x224x224"));
  };
  const size_t equals = text.rfind('=');
  if (equals == std::string_view::npos || equals == 0) return wrong();
  NamedShape shape{std::string(text.substr(0, equals)), {}};
  const char *at = text.data() + equals + 1, *end = text.data() + text.size();
  while (at != end) {
    int64_t v = 0;
    const auto [after, error] = std::from_chars(at, end, v);
    if (error != std::errc() || v < 0 || shape.dims.rank() == Dims::kMaxRank) return wrong();
    shape.dims.push_back(v);
    at = after;
    if (at == end) break;
    if ((*at != 'x' && *at != ',') || at + 1 == end) return wrong();
    ++at;
  }
  HASTEN_ASSIGN([[maybe_unused]] const int64_t elements, CheckedElements(shape.dims));
  return shape;
}

Result<size_t> FindInput(const Graph& graph, std::string_view name) {
  std::vector<std::string> names, described;
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    const GraphValue& v = graph.value(graph.inputs[i]);
    if (v.name == name) return i;
    names.push_back(v.name);
    described.push_back(Str(Quote(v.name), " ", v.type));
  }
  const std::string nearest = Nearest(name, names);
  const std::string hint = nearest.empty() ? "" : Str("; did you mean ", Quote(nearest), "?");
  return Status(Code::kInvalidArgument,
                Str("the model has no input ", Quote(name), hint, " (inputs: ", Join(described, ", "), ")"));
}

Result<InputShapes> InputShapes::Of(const Graph& graph, std::span<const std::string> shapes) {
  InputShapes out(graph);
  for (const std::string& text : shapes) {
    HASTEN_ASSIGN(const NamedShape named, ParseShape(text));
    HASTEN_ASSIGN(const size_t i, FindInput(graph, named.input));
    const GraphValue& v = graph.value(graph.inputs[i]);
    if (!v.type.is_tensor() || (v.type.shape.ranked() && v.type.shape.rank() != named.dims.rank()))
      return Status(Code::kInvalidArgument, Str("--shape ", text, ": input ", Quote(v.name), " must be ", v.type));
    out.given_[i] = named.dims;
    for (int axis = 0; v.type.shape.ranked() && axis < named.dims.rank(); ++axis)
      if (const auto symbol = v.type.shape[axis].symbol()) out.symbols_.emplace(*symbol, named.dims[axis]);
  }
  return out;
}

std::optional<int64_t> InputShapes::Symbol(std::string_view name) const {
  const auto found = symbols_.find(name);
  return found == symbols_.end() ? std::nullopt : std::optional(found->second);
}

bool InputShapes::HasRank(size_t i) const { return given_.count(i) || ShapeOf(i).ranked(); }

std::vector<std::optional<int64_t>> InputShapes::Known(size_t i) const {
  if (const auto given = given_.find(i); given != given_.end()) return {given->second.begin(), given->second.end()};
  std::vector<std::optional<int64_t>> known;
  for (const Dim& d : ShapeOf(i).dims()) known.push_back(d.Eval([&](std::string_view name) { return Symbol(name); }));
  return known;
}

Result<Dims> InputShapes::DimsOf(size_t i) const {
  const GraphValue& v = graph_.value(graph_.inputs[i]);
  if (!HasRank(i))
    return Status(Code::kInvalidArgument,
                  Str("input ", Quote(v.name), " is ", v.type, ", of unknown rank; give --shape ", v.name, "=..."));
  Dims dims;
  for (const std::optional<int64_t> d : Known(i)) dims.push_back(d.value_or(1));
  return dims;
}

}  // namespace hasten::cli
