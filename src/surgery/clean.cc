#include "surgery/clean.h"

#include "passes/pipeline.h"
#include "surgery/consistency.h"

namespace hasten {
namespace {

int64_t LiveConstants(const Graph& graph) {
  int64_t count = 0;
  for (ValueId v = 0; v < graph.value_slots(); ++v) count += graph.value(v).alive && graph.value(v).constant;
  return count;
}

void PruneBodies(Graph* graph, Pruned* out) {
  for (const NodeId n : graph->Order())
    for (const GraphPtr& body : graph->node(n).attrs.Graphs()) {
      const int64_t constants = LiveConstants(*body);
      PruneBodies(body.get(), out);
      out->nodes += RemoveDead(body.get());
      out->constants += constants - LiveConstants(*body);
    }
}

}  // namespace

Status Sanitize(Model* model, PassReport* report) {
  constexpr Pass kPasses[] = {
      {"remove_dead", {}, RemoveDeadNodes}, {"fold_constants", Stage::kSimplify}, {"remove_dead", {}, RemoveDeadNodes}};
  std::vector<const Rule*> rules;
  for (const Rule* rule : BuiltInRules())
    if (rule->name == "fold_constant") rules.push_back(rule);
  HASTEN_ASSIGN([[maybe_unused]] const int moved, SortTopologically(&model->graph));
  PassOptions options;
  options.target = Target::kFile;
  options.numerics = Numerics::kExact;
  options.opset = model->opset("");
  report->nodes_before = CountNodes(model->graph);
  HASTEN_TRY(RunPasses(kPasses, rules, &model->graph, options, report));
  report->nodes_after = CountNodes(model->graph);
  return {};
}

Result<Pruned> Prune(Graph* graph, bool unused_inputs) {
  Pruned out;
  const int64_t constants = LiveConstants(*graph);
  PruneBodies(graph, &out);
  out.nodes += RemoveDead(graph);
  out.constants += constants - LiveConstants(*graph);
  if (unused_inputs)
    std::erase_if(graph->inputs, [&](ValueId v) {
      const bool unused = graph->value(v).uses.empty() && !graph->IsOutput(v);
      if (unused) out.inputs.push_back(graph->value(v).name);
      return unused;
    });
  HASTEN_TRY(CleanUp(graph));
  return out;
}

}  // namespace hasten
