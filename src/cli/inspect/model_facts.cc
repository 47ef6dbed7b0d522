#include "cli/inspect/model_facts.h"

#include "cli/inspect/lifetimes.h"
#include "cli/inspect/node_costs.h"
#include "cli/random_input.h"

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

Status CountFlops(const Graph& graph, std::span<const Value> inputs, ModelFacts* facts) {
  HASTEN_ASSIGN(const auto costs, CostsOf(graph, inputs));
  double sum = 0;
  for (const NodeCost& cost : costs) sum += cost.operations;
  facts->flops = sum;
  return {};
}

Status LayOut(const std::shared_ptr<const Model>& model, std::span<const Value> inputs, ModelFacts* facts) {
  HASTEN_ASSIGN(const MemoryMap map, MapMemory(model, inputs));
  facts->arena_bytes = map.arena_bytes;
  return {};
}

// Large ones are zeros, which take no memory as long as nobody looks at them.
Result<Value> AnyValue(const Type& type, const Dims& dims) {
  constexpr int64_t kRandom = 1 << 16;
  const auto elements = CheckedElements(dims);
  if (!type.is_tensor() || !elements.ok() || *elements <= kRandom) return RandomValue(type, dims, 0);
  HASTEN_ASSIGN(Tensor zeros, NewTensor(type.dtype, dims));
  return Value(std::move(zeros));
}

}  // namespace

Result<std::vector<Value>> AnyInputs(const Graph& graph, const InputShapes& shapes) {
  std::vector<Value> inputs;
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    const GraphValue& v = graph.value(graph.inputs[i]);
    Dims dims;
    if (v.type.is_tensor()) {
      HASTEN_ASSIGN(dims, shapes.DimsOf(i));
    }
    HASTEN_ASSIGN(Value value, AnyValue(v.type, dims).At(Str("input ", Quote(v.name))));
    inputs.push_back(std::move(value));
  }
  return inputs;
}

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
