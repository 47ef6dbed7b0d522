#include "cli/fixed_shapes.h"

#include "surgery/consistency.h"

namespace hasten::cli {

Result<std::vector<std::string>> NormalShapes(const Graph& graph, std::span<const std::string> texts) {
  std::vector<std::string> out;
  for (const std::string& text : texts) {
    if (text.find('=') != std::string::npos) {
      out.push_back(text);
      continue;
    }
    const size_t colon = text.rfind(':');
    if (colon != std::string::npos) {
      out.push_back(Str(text.substr(0, colon), "=", text.substr(colon + 1)));
      continue;
    }
    if (graph.inputs.size() != 1)
      return Status(Code::kInvalidArgument, Str("shape ", text, ": must name its input, as in NAME:", text,
                                                "; the model has ", graph.inputs.size(), " inputs"));
    out.push_back(Str(graph.value(graph.inputs[0]).name, "=", text));
  }
  return out;
}

Status FixShapes(const InputShapes& shapes, Graph* graph) {
  for (size_t i = 0; i < graph->inputs.size(); ++i) {
    GraphValue& input = graph->value(graph->inputs[i]);
    if (!input.type.is_tensor() || !shapes.HasRank(i)) continue;
    const auto known = shapes.Known(i);
    Shape shape = input.type.shape.ranked() ? input.type.shape : Shape::Fresh(static_cast<int>(known.size()));
    for (size_t axis = 0; axis < known.size(); ++axis)
      if (known[axis]) shape[static_cast<int>(axis)] = Dim(*known[axis]);
    input.type = input.declared = Type::Tensor(input.type.dtype, std::move(shape));
  }
  return Retype(graph);
}

}  // namespace hasten::cli
