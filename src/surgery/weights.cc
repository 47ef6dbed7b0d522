#include "surgery/weights.h"

#include <map>

#include "base/nearest.h"
#include "ops/op.h"
#include "surgery/consistency.h"

namespace hasten {
namespace {

constexpr std::string_view kStripped = "stripped weight: ";

bool IsWeight(const Tensor& t, int64_t at_least) {
  const bool kind = IsFloat(t.dtype) || t.dtype == DType::kI8 || t.dtype == DType::kU8;
  return kind && Bits(t.dtype) >= 8 && t.bytes() >= at_least;
}

// The value that stands where v stood, under its name.
void TakePlace(Graph* graph, ValueId v, ValueId by) {
  const std::string name = graph->value(v).name;
  graph->value(by).declared = graph->value(v).declared;
  graph->value(by).doc = graph->value(v).doc;
  graph->ReplaceUses(v, by);
  graph->EraseValue(v);
  HASTEN_CHECK(graph->Rename(by, name).ok());
}

Status Strip(Graph* graph, ValueId v, NodeId before) {
  const Tensor t = graph->value(v).constant->tensor;
  HASTEN_ASSIGN(Tensor zero, NewTensor(t.dtype, Dims{1}));
  Node node;
  node.op = Catalog::BuiltIn().Find("ConstantOfShape");
  node.attrs = Attrs(node.op->attrs);
  HASTEN_TRY(node.attrs.Set("value", zero));
  node.doc = Str(kStripped, t);
  const std::string name = graph->value(v).name;
  const std::vector<int64_t> dims(t.dims.begin(), t.dims.end());
  node.inputs = {graph->AddConstant(Str(name, ".shape"), VectorI64(dims))};
  node.outputs = {graph->AddValue(Str(name, ".stripped"), Type::Tensor(t.dtype, t.dims))};
  const ValueId by = node.outputs[0];
  graph->AddNode(std::move(node), before);
  TakePlace(graph, v, by);
  return {};
}

Status StripGraph(Graph* graph, int64_t at_least, WeightCount* count) {
  for (const NodeId n : graph->Order())
    for (const GraphPtr& body : graph->node(n).attrs.Graphs()) HASTEN_TRY(StripGraph(body.get(), at_least, count));
  const NodeId before = graph->first();
  const auto end = static_cast<ValueId>(graph->value_slots());
  for (ValueId v = 0; v < end; ++v) {
    const Tensor* t = graph->value(v).alive ? graph->constant(v) : nullptr;
    if (!t || graph->value(v).uses.empty() || !IsWeight(*t, at_least)) continue;
    ++count->weights;
    count->bytes += t->bytes();
    HASTEN_TRY(Strip(graph, v, before));
  }
  return {};
}

// By name, and by the way to the graph that has them and name: names of graphs inside nodes may repeat.
struct Weights {
  std::map<std::string, std::shared_ptr<const Constant>> by_way, by_name;

  const Constant* Find(const std::string& way, const std::string& name) const {
    const auto exact = by_way.find(way + name);
    if (exact != by_way.end()) return exact->second.get();
    const auto it = by_name.find(name);
    return it == by_name.end() ? nullptr : it->second.get();
  }
};

// Calls visit(graph, way) for every graph inside a node.
template <class Visit>
Status EachBody(const Graph& graph, NodeId n, const std::string& way, Visit visit) {
  const Node& node = graph.node(n);
  size_t number = 0;
  for (const GraphPtr& body : node.attrs.Graphs()) {
    const ValueId v = node.outputs.empty() ? kNone : node.outputs[0];
    HASTEN_TRY(visit(body.get(), Str(way, v == kNone ? node.name : graph.value(v).name, "#", number++, "/")));
  }
  return {};
}

// The outer graphs' come first where names repeat.
Status Collect(const Graph& graph, const std::string& way, Weights* out) {
  for (ValueId v = 0; v < graph.value_slots(); ++v) {
    const GraphValue& value = graph.value(v);
    if (!value.alive || !value.constant) continue;
    out->by_way.emplace(way + value.name, value.constant);
    out->by_name.emplace(value.name, value.constant);
  }
  for (const NodeId n : graph.Order())
    HASTEN_TRY(
        EachBody(graph, n, way, [&](Graph* body, const std::string& inner) { return Collect(*body, inner, out); }));
  return {};
}

Status NotThere(const std::string& name, const Weights& weights) {
  std::vector<std::string> names;
  for (const auto& [other, constant] : weights.by_name) names.push_back(other);
  const std::string nearest = Nearest(name, names);
  return Status(Code::kNotFound, Str("the model that gives the weights has none named ", Quote(name),
                                     nearest.empty() ? "" : Str("; the nearest is ", Quote(nearest))));
}

Status RestoreGraph(Graph* graph, const std::string& way, const Weights& weights, WeightCount* count) {
  for (const NodeId n : graph->Order()) {
    HASTEN_TRY(EachBody(*graph, n, way, [&](Graph* body, const std::string& inner) {
      return RestoreGraph(body, inner, weights, count);
    }));
    if (OpName(graph->node(n)) != "ConstantOfShape" || !graph->node(n).doc.starts_with(kStripped)) continue;
    const ValueId v = graph->node(n).outputs[0];
    const std::string name = graph->value(v).name;
    const Constant* constant = weights.Find(way, name);
    if (!constant) return NotThere(name, weights);
    const Tensor& t = constant->tensor;
    const std::string was = graph->node(n).doc.substr(kStripped.size());
    if (t.Text() != was)
      return Status(Code::kInvalidArgument, Str("weight ", Quote(name), " must be ", was, ", is ", t, " there"));
    graph->EraseNode(n);
    TakePlace(graph, v, graph->AddConstant(Str(name, ".restored"), *constant));
    ++count->weights;
    count->bytes += t.bytes();
  }
  return CleanUp(graph);
}

}  // namespace

Result<WeightCount> StripWeights(Graph* graph, int64_t at_least) {
  WeightCount count;
  HASTEN_TRY(StripGraph(graph, at_least, &count));
  HASTEN_TRY(Verify(*graph));
  return count;
}

Result<WeightCount> RestoreWeights(Graph* graph, const Graph& from) {
  WeightCount count;
  Weights weights;
  HASTEN_TRY(Collect(from, "", &weights));
  HASTEN_TRY(RestoreGraph(graph, "", weights, &count));
  return count;
}

}  // namespace hasten
