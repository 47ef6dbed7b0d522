#include "ops/infer.h"

#include "ops/gather.h"
#include "ops/interpret.h"

namespace hasten {
namespace {

// What shapes may depend on: integers, or a few floats (scales, limits).
constexpr int64_t kMaxFoldElements = 4096, kMaxFoldFloats = 64;
constexpr int kMaxBodyDepth = 64;
constexpr int kMaxBodiesInferred = 100000;

// Whether the numbers are all there is to know: among floats a zero may be a negative one.
bool FullyKnown(const KnownInts& ints, DType dtype) {
  return std::all_of(ints.elements.begin(), ints.elements.end(),
                     [&](const Dim& d) { return d.is_const() && (!IsFloat(dtype) || d.value() != 0); });
}

// Operands of one infer call, kept in the arrays the call's spans point at.
struct InferArrays {
  std::vector<Type> types;
  std::vector<const Tensor*> values;
  std::vector<const KnownInts*> ints;
  std::unique_ptr<bool[]> present, wanted;
  size_t flags = 0;

  // What an earlier call left is used again.
  void Fill(InferCall* call, const Node& node, size_t inputs) {
    const size_t most = std::max(inputs, node.outputs.size()) + 1;
    if (most > flags) {
      present = std::make_unique<bool[]>(most);
      wanted = std::make_unique<bool[]>(most);
      flags = most;
    }
    std::fill_n(present.get(), inputs, false);
    for (size_t i = 0; i < node.outputs.size(); ++i) wanted[i] = node.outputs[i] != kNone;
    types.resize(inputs);
    values.assign(inputs, nullptr);
    ints.assign(inputs, nullptr);
    call->in = types;
    call->values = values;
    call->ints = ints;
    call->present = {present.get(), inputs};
    call->wanted = {wanted.get(), node.outputs.size()};
    call->attributes = &node.attrs;
    call->node = &node;
    call->out.assign(node.outputs.size(), Type());
    call->out_ints.assign(node.outputs.size(), std::nullopt);
  }
};

// Contents given by symbolic inference that turned out constant, as a tensor.
Tensor Materialise(const KnownInts& ints, DType dtype) {
  auto t = NewTensor(dtype, ints.dims);
  if (!t.ok()) return {};
  for (size_t i = 0; i < ints.elements.size(); ++i) t->SetInt(static_cast<int64_t>(i), ints.elements[i].value());
  return *std::move(t);
}

}  // namespace

Status CheckArity(const Node& node) {
  const OpArity& arity = node.op->arity;
  const size_t in = node.formal_inputs();
  HASTEN_REQUIRE(in <= static_cast<size_t>(arity.max_in), "takes at most ", arity.max_in, " inputs, has ", in);
  HASTEN_REQUIRE(in >= static_cast<size_t>(arity.min_in), "takes at least ", arity.min_in, " inputs, has ", in);
  for (size_t i = 0; i < static_cast<size_t>(arity.min_in); ++i)
    HASTEN_REQUIRE(node.inputs[i] != kNone, "input ", i, " must be there");
  const size_t out = node.outputs.size();
  HASTEN_REQUIRE(out <= static_cast<size_t>(arity.max_out), "gives at most ", arity.max_out, " outputs, has ", out);
  HASTEN_REQUIRE(out >= static_cast<size_t>(arity.min_out), "gives at least ", arity.min_out, " outputs, has ", out);
  return {};
}

struct Inference::Arrays {
  InferArrays operands;
  InferCall call;
};

Inference::Inference(Options options) : options_(options) {}
Inference::~Inference() = default;

Fact& Inference::FactTable::At(ValueId v, size_t values) {
  if (Fact* known = Find(v)) return *known;
  if (v >= slots_.size()) slots_.resize(std::max<size_t>(values, v + size_t{1}));
  if (used_ == blocks_.size() * kBlock) blocks_.push_back(std::make_unique<Fact[]>(kBlock));
  slots_[v] = &blocks_[used_ / kBlock][used_ % kBlock];
  ++used_;
  return *slots_[v];
}

void Inference::FactTable::Clear() {
  slots_.clear();
  used_ = 0;
}

void Inference::Clear() {
  for (auto& [graph, table] : facts_) table.Clear();
  bodies_inferred_ = 0;
  bounds_.Clear();
}

const Fact& Inference::Get(const Graph* graph, ValueId v) const {
  static const Fact unknown;
  const FactTable* table = last_table_;
  if (graph != last_graph_) {
    const auto found = facts_.find(graph);
    table = found == facts_.end() ? nullptr : &found->second;
  }
  const Fact* fact = table ? table->Find(v) : nullptr;
  return fact ? *fact : unknown;
}

Inference::Arrays& Inference::ArraysOfDepth() {
  const auto depth = static_cast<size_t>(depth_);
  while (arrays_.size() <= depth) arrays_.push_back(std::make_unique<Arrays>());
  return *arrays_[depth];
}

Fact Inference::FactOfInput(const Graph& graph, ValueId v) {
  const GraphValue& value = graph.value(v);
  Fact fact;
  if (value.constant) {
    fact.value = value.constant->tensor;
    fact.type = Type::Tensor(fact.value.dtype, fact.value.dims);
  } else if (options_.use_graph_types || value.producer == kNone) {
    fact.type = value.type;
  }
  return fact;
}

Fact& Inference::At(const Graph* graph, ValueId v) {
  FactTable& table = Table(graph);
  if (Fact* known = table.Find(v)) return *known;
  return table.At(v, graph->value_slots()) = FactOfInput(*graph, v);
}

Status Inference::RunNode(const Graph& graph, NodeId n) {
  const Node& node = graph.node(n);
  if (!node.op) {
    for (ValueId v : node.outputs)
      if (v != kNone) Set(&graph, v, {graph.value(v).declared.known() ? graph.value(v).declared : Type(), {}, {}});
    return {};
  }
  HASTEN_TRY(CheckArity(node));
  InferArrays& arrays = ArraysOfDepth().operands;
  InferCall& call = ArraysOfDepth().call;
  const size_t inputs = node.formal_inputs();
  arrays.Fill(&call, node, inputs);
  for (size_t i = 0; i < inputs; ++i) {
    if (node.inputs[i] == kNone) {
      arrays.types[i] = Type();
      continue;
    }
    const Fact& fact = At(&graph, node.inputs[i]);
    arrays.present[i] = true;
    arrays.types[i] = fact.type;
    arrays.values[i] = fact.value.data ? &fact.value : nullptr;
    arrays.ints[i] = fact.ints ? &*fact.ints : nullptr;
  }
  call.driver = this;
  const Graph* outer = std::exchange(current_, &graph);
  Status status = node.op->infer ? node.op->infer(call) : Status();
  current_ = outer;
  HASTEN_TRY(std::move(status));
  if (options_.learn_from == &graph) LearnBounds(call);
  KeepBounds(&call);
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i] == kNone) continue;
    Fact fact{std::move(call.out[i]), std::move(call.out_ints[i]), {}};
    const DType dtype = fact.type.is_tensor() ? fact.type.dtype : DType::kNone;
    if (fact.ints && dtype != DType::kNone && FullyKnown(*fact.ints, dtype))
      fact.value = Materialise(*fact.ints, dtype);
    Set(&graph, node.outputs[i], std::move(fact));
  }
  if (options_.fold_small) Fold(graph, node);
  return {};
}

// A Gather fails where an index is not inside; behind an empty axis it might not look.
void Inference::LearnBounds(const InferCall& call) {
  if (call.node->op->name != "Gather" || !call.ints[1] || !call.shape(0).ranked()) return;
  const Shape& x = call.shape(0);
  if (call.attrs<GatherAttrs>().axis != 0 || x.rank() == 0 || !x[0].is_const()) return;
  for (const Dim& index : call.ints[1]->elements) bounds_.AtMost(index, x[0].value() - 1);
}

void Inference::KeepBounds(InferCall* call) const {
  if (bounds_.empty()) return;
  for (Type& type : call->out)
    if (type.is_tensor() && type.shape.ranked())
      for (Dim& d : type.shape.dims()) d = bounds_.Within(d);
  for (auto& ints : call->out_ints)
    if (ints)
      for (Dim& d : ints->elements) d = bounds_.Within(d);
}

void Inference::Fold(const Graph& graph, const Node& node) {
  if (node.op->traits.random || node.op->traits.region || !node.op->eval || !node.epilogue.empty()) return;
  for (ValueId v : node.inputs) {
    if (v == kNone) continue;
    const Fact& fact = At(&graph, v);
    if (!fact.value.data || fact.value.elements() > kMaxFoldElements) return;
  }
  std::vector<Value> contents(node.inputs.size());
  std::vector<const Value*> in(node.inputs.size());
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (node.inputs[i] == kNone) continue;
    contents[i] = Value(At(&graph, node.inputs[i]).value);
    in[i] = &contents[i];
  }
  for (ValueId v : node.outputs) {
    if (v == kNone) continue;
    const Fact& fact = Get(&graph, v);
    const auto dims = fact.type.shape.Concrete();
    if (!fact.type.is_tensor() || !dims) return;
    if (dims->elements() > (IsFloat(fact.type.dtype) ? kMaxFoldFloats : kMaxFoldElements)) return;
    if (fact.value.data && node.outputs.size() == 1) return;
  }
  std::vector<Value> results(node.outputs.size());
  std::vector<Value*> out;
  for (size_t i = 0; i < results.size(); ++i) out.push_back(node.outputs[i] == kNone ? nullptr : &results[i]);
  LocalServices services;
  const NodeOperands operands{in, {}, {}};
  if (!RunReference(node, 0, operands, out, services.get()).ok()) return;
  for (size_t i = 0; i < results.size(); ++i)
    if (out[i] && results[i].is_tensor()) At(&graph, node.outputs[i]).value = results[i].tensor();
}

Status Inference::Run(const Graph& graph) {
  for (NodeId n = graph.first(); n != kNone; n = graph.node(n).next) {
    Status status = RunNode(graph, n);
    if (!status.ok()) return std::move(status).At(graph.Where(n));
  }
  return {};
}

Result<std::vector<Type>> Inference::InferBody(Graph* body, std::span<const Type> inputs, const Node& node) {
  HASTEN_REQUIRE(depth_ + 1 < kMaxBodyDepth, "graphs are nested deeper than ", kMaxBodyDepth);
  HASTEN_REQUIRE(inputs.size() == body->inputs.size(), "body must take ", inputs.size(), " inputs, takes ",
                 body->inputs.size());
  // Loops infer their bodies several times, so nesting multiplies: hostile files are stopped by a count.
  HASTEN_REQUIRE(++bodies_inferred_ < kMaxBodiesInferred, "graphs are nested so deep that inference would not end");
  ++depth_;
  const Graph* outer = current_;
  Table(body).Clear();
  for (size_t i = 0; i < inputs.size(); ++i) {
    Fact fact{inputs[i], {}, {}};
    if (!fact.type.known()) fact.type = body->value(body->inputs[i]).declared;
    Set(body, body->inputs[i], std::move(fact));
  }
  const size_t first_capture = node.inputs.size() - node.captures;
  for (size_t i = 0; i < body->captures.size(); ++i)
    if (body->captures[i] != kNone) Set(body, body->captures[i], Fact(At(outer, node.inputs[first_capture + i])));
  Status status = Run(*body);
  --depth_;
  if (!status.ok()) return std::move(status).At(Str("graph ", Quote(body->name)));
  std::vector<Type> out;
  for (ValueId v : body->outputs) out.push_back(At(body, v).type);
  return out;
}

namespace {

void WriteNode(Graph* graph, NodeId n, const Inference& inference) {
  Node& node = graph->node(n);
  for (ValueId v : node.outputs)
    if (v != kNone) graph->value(v).type = inference.Get(graph, v).type;
  for (const GraphPtr& body : node.attrs.Graphs()) {
    for (ValueId v : body->inputs) body->value(v).type = inference.Get(body.get(), v).type;
    for (ValueId v : body->captures)
      if (v != kNone) body->value(v).type = inference.Get(body.get(), v).type;
    for (NodeId inner = body->first(); inner != kNone; inner = body->node(inner).next)
      WriteNode(body.get(), inner, inference);
  }
}

}  // namespace

Status InferTypes(Graph* graph) {
  Inference inference({.fold_small = false, .use_graph_types = false, .learn_from = graph});
  HASTEN_TRY(inference.Run(*graph));
  for (NodeId n = graph->first(); n != kNone; n = graph->node(n).next) WriteNode(graph, n, inference);
  return {};
}

Status InferNode(Graph* graph, NodeId n, Inference* inference) {
  HASTEN_TRY(inference->RunNode(*graph, n));
  WriteNode(graph, n, *inference);
  return {};
}

Type TypeOf(const Value& v) {
  switch (v.kind()) {
    case Value::Kind::kTensor: return Type::Tensor(v.tensor().dtype, v.tensor().dims);
    case Value::Kind::kSequence: {
      Type element = Type::Tensor(v.element_dtype(), Shape::Unknown());
      bool first = true;
      for (const Value& e : v.elements()) {
        if (first)
          element = TypeOf(e);
        else if (auto joined = Join(element, TypeOf(e)); joined.ok())
          element = *joined;
        first = false;
      }
      return Type::Sequence(std::move(element));
    }
    case Value::Kind::kMap: return Type::Map(v.map().keys.dtype, Type::Tensor(v.map().values.dtype, Shape::Scalar()));
    default: return Type::Unknown();
  }
}

Status InferOutputs(const Node& node, std::span<const Value* const> in, InferDriver* driver, std::vector<Type>* out) {
  InferArrays arrays;
  InferCall call;
  arrays.Fill(&call, node, in.size());
  for (size_t i = 0; i < in.size(); ++i) {
    if (!in[i] || !in[i]->has()) continue;
    arrays.present[i] = true;
    arrays.types[i] = TypeOf(*in[i]);
    arrays.values[i] = in[i]->is_tensor() ? &in[i]->tensor() : nullptr;
  }
  call.driver = driver;
  if (node.op->infer) HASTEN_TRY(node.op->infer(call));
  *out = std::move(call.out);
  return {};
}

}  // namespace hasten
