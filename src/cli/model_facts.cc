#include "cli/model_facts.h"

#include "cli/random_input.h"
#include "ops/infer.h"
#include "plan/plan.h"
#include "runtime/bound_plan.h"

namespace hasten::cli {
namespace {

class Counter {
 public:
  explicit Counter(ModelFacts* facts) : facts_(facts) {}

  void Count(const Graph& graph) {
    for (ValueId v = 0; v < graph.value_slots(); ++v)
      if (graph.value(v).alive && graph.value(v).constant) CountConstant(graph.value(v).constant.get());
    for (const NodeId n : graph.Order()) {
      const Node& node = graph.node(n);
      ++facts_->nodes;
      ++facts_->ops[OpName(node)];
      if (!node.op) facts_->unknown_ops.insert(OpName(node));
      for (const GraphPtr& body : node.attrs.Graphs()) Count(*body);
    }
  }

 private:
  void CountConstant(const Constant* c) {
    if (!seen_.insert(c).second) return;
    facts_->parameters += c->tensor.elements();
    facts_->parameter_bytes += c->tensor.bytes();
  }
  ModelFacts* facts_;
  std::set<const Constant*> seen_;
};

// Symbols of a shape that are names: a dim such as 2*n has n.
void CollectSymbols(const Shape& shape, std::vector<std::string>* symbols) {
  if (!shape.ranked()) return;
  for (const Dim& d : shape.dims()) {
    const auto note = [&](std::string_view name) -> std::optional<Dim> {
      if (std::find(symbols->begin(), symbols->end(), name) == symbols->end()) symbols->emplace_back(name);
      return std::nullopt;
    };
    static_cast<void>(d.Substitute(note));
  }
}

class FlopCounter {
 public:
  explicit FlopCounter(Inference* inference) : inference_(inference) {}

  double Count(const Graph& graph) {
    double sum = 0;
    for (const NodeId n : graph.Order()) sum += CountNode(graph, graph.node(n));
    return sum;
  }

 private:
  // Every dim a number, 1 where it is unknown; `all_ranked` turns false where even the rank is.
  Type Concrete(const Graph& graph, ValueId v, bool* all_ranked) {
    if (v == kNone) return {};
    Type type = inference_->Get(&graph, v).type;
    if (!type.is_tensor() || !type.shape.ranked()) {
      *all_ranked = false;
      return Type::Tensor(type.dtype, Shape(Dims()));
    }
    for (Dim& d : type.shape.dims()) d = d.Eval([](std::string_view) { return 1; }).value_or(1);
    return type;
  }

  double CountNode(const Graph& graph, const Node& node) {
    double sum = 0;
    for (const GraphPtr& body : node.attrs.Graphs()) sum += Count(*body);
    if (node.op && (node.op->traits.metadata_only || node.op->traits.region)) return sum;
    bool all_ranked = true;
    std::vector<Type> in, out;
    for (size_t i = 0; i < node.formal_inputs(); ++i) in.push_back(Concrete(graph, node.inputs[i], &all_ranked));
    for (const ValueId v : node.outputs) out.push_back(Concrete(graph, v, &all_ranked));
    if (all_ranked && node.op && node.op->flops) return sum + node.op->flops({in, out, &node.attrs});
    for (const Type& type : out)
      if (type.is_tensor()) sum += static_cast<double>(type.shape.Concrete()->elements());
    return sum;
  }

  Inference* inference_;
};

Status CountFlops(const Graph& graph, std::span<const Value> inputs, ModelFacts* facts) {
  Inference inference({.fold_small = true, .use_graph_types = false});
  for (size_t i = 0; i < inputs.size(); ++i) inference.Set(&graph, graph.inputs[i], {TypeOf(inputs[i]), {}, {}});
  HASTEN_TRY(inference.Run(graph));
  facts->flops = FlopCounter(&inference).Count(graph);
  return {};
}

Status LayOut(const std::shared_ptr<const Model>& model, std::span<const Value> inputs, ModelFacts* facts) {
  constexpr int64_t kMostBytes = int64_t{1} << 40;
  HASTEN_ASSIGN(const auto plan, BuildPlan(model));
  Inference inference(kBindingInference);
  HASTEN_ASSIGN(const auto bound, BindPlan(*plan, inputs, kMostBytes, &inference));
  facts->arena_bytes = bound->arena_bytes;
  return {};
}

Result<std::vector<Value>> AnyInputs(const Graph& graph, const InputShapes& shapes) {
  std::vector<Value> inputs;
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    const GraphValue& v = graph.value(graph.inputs[i]);
    Dims dims;
    if (v.type.is_tensor()) {
      HASTEN_ASSIGN(dims, shapes.DimsOf(i));
    }
    HASTEN_ASSIGN(Value value, RandomValue(v.type, dims, 0).At(Str("input ", Quote(v.name))));
    inputs.push_back(std::move(value));
  }
  return inputs;
}

}  // namespace

Result<ModelFacts> GatherFacts(const std::shared_ptr<const Model>& model, const InputShapes& shapes) {
  ModelFacts facts;
  const Graph& graph = model->graph;
  Counter(&facts).Count(graph);
  for (const ValueId v : graph.inputs)
    if (graph.value(v).type.is_tensor()) CollectSymbols(graph.value(v).type.shape, &facts.symbols);
  auto inputs = AnyInputs(graph, shapes);
  if (!inputs.ok()) {
    facts.why_no_flops = facts.why_no_arena = std::string(inputs.message());
    return facts;
  }
  if (const Status s = CountFlops(graph, *inputs, &facts); !s.ok()) facts.why_no_flops = std::string(s.message());
  if (const Status s = LayOut(model, *inputs, &facts); !s.ok()) facts.why_no_arena = std::string(s.message());
  return facts;
}

}  // namespace hasten::cli
