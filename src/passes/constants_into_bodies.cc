// A constant that the graphs of a node capture becomes a constant of theirs, so that plans prepare it once: a weight is
// packed when the plan is made, not in each trip of a loop.  Its contents stay shared.
#include <algorithm>

#include "passes/pipeline.h"

namespace hasten {
namespace {

bool IsInput(const Graph& graph, ValueId v) {
  return std::find(graph.inputs.begin(), graph.inputs.end(), v) != graph.inputs.end();
}

// Into all graphs of node n, whose stand-ins become the constant; how many took it.
int Move(NodeId n, size_t capture, Graph* graph) {
  Node& node = graph->node(n);
  const size_t first = node.inputs.size() - node.captures;
  const auto constant = graph->value(node.inputs[first + capture]).constant;
  int moved = 0;
  for (const GraphPtr& body : node.attrs.Graphs()) {
    const auto at = body->captures.begin() + static_cast<std::ptrdiff_t>(capture);
    if (*at != kNone) body->value(*at).constant = constant, ++moved;
    body->captures.erase(at);
  }
  for (size_t i = first + capture; i + 1 < node.inputs.size(); ++i) graph->SetInput(n, i, node.inputs[i + 1]);
  graph->SetInput(n, node.inputs.size() - 1, kNone);
  node.inputs.pop_back();
  --node.captures;
  return moved;
}

// Graphs before those inside them: constants go all the way down.
int MoveAll(Graph* graph) {
  int moved = 0;
  for (const NodeId n : graph->Order()) {
    const size_t first = graph->node(n).inputs.size() - graph->node(n).captures;
    for (size_t i = graph->node(n).captures; i-- > 0;) {
      const ValueId v = graph->node(n).inputs[first + i];
      if (graph->constant(v) && !IsInput(*graph, v)) moved += Move(n, i, graph);
    }
    for (const GraphPtr& body : graph->node(n).attrs.Graphs()) moved += MoveAll(body.get());
  }
  return moved;
}

}  // namespace

Status ConstantsIntoBodies(Graph* graph, const PassOptions&, PassReport::Entry* entry) {
  entry->fired += MoveAll(graph);
  return {};
}

}  // namespace hasten
