#include "cli/zoo_page.h"

#include "cli/figures.h"
#include "zoo/zoo.h"

namespace hasten::cli {
namespace {

int64_t Elements(const Graph& graph) {
  int64_t sum = 0;
  for (ValueId v = 0; v < graph.value_slots(); ++v)
    if (const Tensor* t = graph.constant(v)) sum += t->elements();
  return sum;
}

std::string Types(const Graph& graph, const std::vector<ValueId>& values) {
  std::vector<std::string> all;
  for (const ValueId v : values) all.push_back(Str("`", graph.value(v).name, "` ", graph.value(v).type));
  return Join(all, "<br>");
}

}  // namespace

Result<std::string> ZooMarkdown() {
  std::string out =
      "# The zoo\n\nWritten by `hasten docs zoo` from the records in `src/zoo`.\n\n"
      "Well-known topologies with generated weights: `hasten run zoo:resnet50` needs no file, `hasten convert "
      "zoo:resnet50 r.onnx` writes\none. Weights are a function of their names, so that every machine has the same "
      "model. Elements count all constants, running\nstatistics of norms among them.\n\n"
      "| name | what | inputs | outputs | elements |\n|---|---|---|---|---|\n";
  for (const zoo::Topology* t : zoo::Topologies()) {
    HASTEN_ASSIGN(const auto model, zoo::BuildGraph(*t).At(t->name));
    const Graph& graph = model->graph;
    out += Str("| `", t->name, "` | ", t->doc, " | ", Types(graph, graph.inputs), " | ", Types(graph, graph.outputs),
               " | ", HumanCount(Elements(graph)), " |\n");
  }
  return out;
}

}  // namespace hasten::cli
