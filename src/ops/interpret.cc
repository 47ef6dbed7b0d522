#include "ops/interpret.h"

#include "ops/infer.h"

namespace hasten {
namespace {

constexpr int kMaxBodyDepth = 64;

Status RunBodyByReference(const KernelCall& call, int k, std::span<const Value> inputs, std::vector<Value>* outputs) {
  RunServices inner = {};
  inner.allocator = call.services->allocator;
  inner.stop = call.services->stop;
  inner.seed = call.services->seed;
  inner.draws = call.services->draws;
  inner.depth = call.services->depth + 1;
  inner.run_body = call.services->run_body;
  ScratchArena scratch;  // the caller's is in use until its node ends
  inner.scratch = &scratch;
  HASTEN_REQUIRE(inner.depth < kMaxBodyDepth, "graphs are nested deeper than ", kMaxBodyDepth);
  return Interpret(*call.bodies[static_cast<size_t>(k)], inputs, call.captured, outputs, &inner);
}

// Binds memory to each wanted output whose dims inference can tell.
Status BindOutputs(const Node& node, const NodeOperands& operands, std::span<Value* const> out, RunServices* services) {
  std::vector<Type> types;
  HASTEN_TRY(InferOutputs(node, operands.formal, nullptr, &types));
  for (size_t i = 0; i < out.size(); ++i) {
    if (!out[i] || !types[i].is_tensor() || types[i].dtype == DType::kNone) continue;
    const auto dims = types[i].shape.Concrete();
    if (!dims) continue;
    HASTEN_ASSIGN(Tensor t, services->allocator->Allocate(types[i].dtype, *dims));
    *out[i] = Value(std::move(t));
  }
  return {};
}

Status ApplyEpilogue(const Node& node, const NodeOperands& operands, Value* y) {
  std::vector<const Tensor*> tensors;
  for (const Value* v : operands.epilogue) tensors.push_back(&v->tensor());
  return ApplyPointwise(node.epilogue, &y->tensor(), tensors);
}

}  // namespace

Status RequireOperands(const Node& node, std::span<const Value* const> formal) {
  const auto least = static_cast<size_t>(node.op->arity.min_in);
  HASTEN_REQUIRE(formal.size() >= least, "takes at least ", least, " inputs, has ", formal.size());
  for (size_t i = 0; i < least; ++i)
    HASTEN_REQUIRE(formal[i] && formal[i]->has(), "input ", i, " must be there, is absent or an empty optional");
  return {};
}

Status RunReference(const Node& node, uint64_t node_key, const NodeOperands& operands, std::span<Value* const> out,
                    RunServices* services) {
  if (!node.op) return Status(Code::kUnsupported, "is not an op this build knows: it can be carried, not run");
  if (!node.op->eval) return Status(Code::kUnsupported, "has no reference: it can be carried, not run");
  HASTEN_TRY(RequireOperands(node, operands.formal));
  if (!node.op->traits.region) HASTEN_TRY(BindOutputs(node, operands, out, services));
  const std::vector<GraphPtr> bodies = node.attrs.Graphs();
  KernelCall call;
  call.in = operands.formal;
  call.out = out;
  call.attributes = &node.attrs;
  call.node_key = node_key;
  call.services = services;
  call.bodies = bodies;
  call.captured = operands.captured;
  HASTEN_TRY(node.op->eval(call));
  services->scratch->Reset();
  services->unwanted.clear();
  if (!node.epilogue.empty() && !out.empty() && out[0]) HASTEN_TRY(ApplyEpilogue(node, operands, out[0]));
  return {};
}

LocalServices::LocalServices(Allocator* allocator) {
  services_.allocator = allocator;
  services_.scratch = &scratch_;
  services_.draws = &draws_;
  services_.run_body = RunBodyByReference;
}

namespace {

// The values of one evaluation, dropped after their last use.
class Environment {
 public:
  explicit Environment(const Graph& graph)
      : graph_(graph), values_(graph.value_slots()), uses_left_(graph.value_slots()) {
    for (ValueId v = 0; v < graph.value_slots(); ++v) {
      if (!graph.value(v).alive) continue;
      uses_left_[v] = graph.value(v).uses.size() + (graph.IsOutput(v) ? 1 : 0);
      if (graph.value(v).constant) values_[v] = Value(graph.value(v).constant->tensor);
    }
  }
  Value& operator[](ValueId v) { return values_[v]; }
  void Release(const Node& node) {
    for (ValueId v : node.inputs)
      if (v != kNone && --uses_left_[v] == 0 && !graph_.value(v).constant) values_[v] = Value();
  }

 private:
  const Graph& graph_;
  std::vector<Value> values_;
  std::vector<size_t> uses_left_;
};

}  // namespace

Status Interpret(const Graph& graph, std::span<const Value> inputs, std::span<const Value* const> captured,
                 std::vector<Value>* outputs, RunServices* services, const NodeObserver& observer) {
  HASTEN_REQUIRE(inputs.size() == graph.inputs.size(), "takes ", graph.inputs.size(), " inputs, has ", inputs.size());
  if (services->depth == 0 && services->draws) services->draws->Reset();
  Environment values(graph);
  for (size_t i = 0; i < inputs.size(); ++i) values[graph.inputs[i]] = inputs[i];
  for (size_t i = 0; i < graph.captures.size(); ++i)
    if (graph.captures[i] != kNone && captured[i]) values[graph.captures[i]] = *captured[i];
  for (NodeId n = graph.first(); n != kNone; n = graph.node(n).next) {
    const Node& node = graph.node(n);
    if (!AnyOutputWanted(node)) {
      values.Release(node);
      continue;
    }
    std::vector<const Value*> in;
    for (ValueId v : node.inputs) in.push_back(v == kNone || !values[v].has() ? nullptr : &values[v]);
    const std::span<const Value* const> all(in);
    const NodeOperands operands{all.first(node.formal_inputs()),
                                all.subspan(node.formal_inputs(), node.epilogue_operands), all.last(node.captures)};
    std::vector<Value*> out;
    for (ValueId v : node.outputs) out.push_back(v == kNone ? nullptr : &values[v]);
    Status status = RunReference(node, n, operands, out, services);
    if (status.ok() && observer) status = observer(graph, n, operands, out);
    if (!status.ok()) return std::move(status).At(graph.Where(n));
    if (services->stop && services->stop->load(std::memory_order_relaxed)) return Status(Code::kCancelled, "stopped");
    values.Release(node);
  }
  outputs->clear();
  for (ValueId v : graph.outputs) outputs->push_back(values[v]);
  return {};
}

}  // namespace hasten
