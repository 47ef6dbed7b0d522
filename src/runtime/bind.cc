#include <map>

#include "ops/infer.h"
#include "runtime/bound_plan.h"

namespace hasten {
namespace {

constexpr int64_t kAlign = 64;
int64_t AlignUp(int64_t n) { return (n + kAlign - 1) / kAlign * kAlign; }

Status WrongInput(const PlannedValue& planned, const Type& declared, const Value& v) {
  const Type is = TypeOf(v);
  return Status(Code::kInvalidArgument, Str("input ", Quote(planned.name), " must be ", declared, ", is ",
                                            is.known() ? is.Text() : std::string("absent")));
}

// Checks one input against its declaration.  Symbols are not held to one value: exporters give unrelated dims one name,
// and inference works with the real ones.
Status CheckInput(const PlannedValue& planned, const Value& v) {
  const Type& declared = planned.graph->value(planned.value).type;
  if (!declared.known()) return {};
  if (declared.kind == Type::Kind::kOptional && !v.has()) return {};
  const Type& wanted = declared.kind == Type::Kind::kOptional ? *declared.element : declared;
  if (!v.has()) return WrongInput(planned, declared, v);
  if (!wanted.is_tensor()) return {};
  if (!v.is_tensor() || (wanted.dtype != DType::kNone && v.tensor().dtype != wanted.dtype))
    return WrongInput(planned, declared, v);
  if (!wanted.shape.ranked()) return {};
  const Dims& dims = v.tensor().dims;
  if (wanted.shape.rank() == 0 && dims.elements() == 1)
    return {};  // callers pass [1] for a scalar, and other engines let them
  if (dims.rank() != wanted.shape.rank()) return WrongInput(planned, declared, v);
  for (int i = 0; i < dims.rank(); ++i) {
    const Dim& d = wanted.shape[i];
    if (d.is_const() && d.value() != dims[i]) return WrongInput(planned, declared, v);
  }
  return {};
}

Fact FactOf(const Value& v) { return {TypeOf(v), {}, {}}; }

// Greedy by size: the largest value first, each at the lowest offset where nothing alive at the same time lies.
class ArenaLayout {
 public:
  explicit ArenaLayout(const Plan& plan) : plan_(plan) {}
  struct Item {
    SlotId slot;
    int64_t bytes;
    uint32_t first, last;
    int64_t offset = -1;
  };
  void Add(SlotId slot, int64_t bytes) {
    const PlannedValue& v = plan_.values[slot];
    items_.push_back({slot, AlignUp(std::max<int64_t>(bytes, 1)), v.first, v.last});
  }
  // `item` lives in the memory of `host` too.
  void Extend(SlotId host, uint32_t last) {
    for (Item& i : items_)
      if (i.slot == host) i.last = std::max(i.last, last);
  }
  int64_t Assign() {
    std::vector<Item*> order, placed;
    for (Item& i : items_) order.push_back(&i);
    std::stable_sort(order.begin(), order.end(), [](const Item* a, const Item* b) { return a->bytes > b->bytes; });
    int64_t total = 0;
    for (Item* item : order) {
      int64_t at = 0;
      for (const Item* other : placed) {  // sorted by offset
        if (other->last < item->first || item->last < other->first) continue;
        if (other->offset - at >= item->bytes) break;
        at = std::max(at, other->offset + other->bytes);
      }
      item->offset = at;
      total = std::max(total, at + item->bytes);
      placed.insert(std::upper_bound(placed.begin(), placed.end(), item,
                                     [](const Item* a, const Item* b) { return a->offset < b->offset; }),
                    item);
    }
    return total;
  }
  const std::vector<Item>& items() const { return items_; }

 private:
  const Plan& plan_;
  std::vector<Item> items_;
};

class Binder {
 public:
  Binder(const Plan& plan, std::span<const Value> inputs)
      : plan_(plan), inputs_(inputs), inference_({.fold_small = true, .use_graph_types = false}) {}

  Result<std::unique_ptr<BoundPlan>> Run(int64_t max_arena_bytes) {
    bound_->values.resize(plan_.values.size());
    bound_->fixed.resize(plan_.values.size());
    bound_->has_fixed.resize(plan_.values.size());
    HASTEN_TRY(Infer());
    HASTEN_TRY(FixShapes());
    HASTEN_TRY(BindSteps());
    HASTEN_TRY(LayOut(max_arena_bytes));
    BindStates();
    return std::move(bound_);
  }

 private:
  Status Infer() {
    const Graph& graph = plan_.model->graph;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      const PlannedValue& planned = plan_.values[plan_.inputs[i]];
      HASTEN_TRY(CheckInput(planned, inputs_[i]));
      inference_.Set(&graph, planned.value, FactOf(inputs_[i]));
    }
    for (const PlannedValue& v : plan_.values)
      if (v.storage == Storage::kState && v.graph && graph.value(v.value).producer == kNone)
        inference_.Set(&graph, v.value, {graph.value(v.value).type, {}, {}});
    return inference_.Run(graph);
  }

  Status FixShapes() {
    for (SlotId s = 0; s < plan_.values.size(); ++s) {
      const PlannedValue& v = plan_.values[s];
      if (v.storage == Storage::kConstant) {
        bound_->values[s] = Value(v.constant);
        continue;
      }
      if ((v.storage != Storage::kArena && v.storage != Storage::kOutput) || !v.graph) continue;
      const Type& type = inference_.Get(v.graph, v.value).type;
      if (!type.is_tensor() || type.dtype == DType::kNone || type.dtype == DType::kString) continue;
      const auto dims = type.shape.Concrete();
      if (!dims) continue;
      HASTEN_TRY(CheckedElements(*dims).ok()
                     ? Status()
                     : Status(Code::kOutOfMemory, Str("value ", Quote(v.name), " of ", type, " is too large")));
      bound_->fixed[s].dtype = type.dtype;
      bound_->fixed[s].dims = *dims;
      bound_->fixed[s].place = v.place;
      bound_->has_fixed[s] = true;
    }
    return {};
  }

  bool Dynamic(const Step& step) const {
    for (SlotId s : step.out)
      if (s != kNone && !bound_->has_fixed[s] && plan_.values[s].storage != Storage::kState) return true;
    return false;
  }

  // A tactic is bound to the shapes of all its operands, also where its outputs' follow from some of them.
  bool OperandsKnown(const Step& step) const {
    for (const auto* list : {&step.in, &step.epilogue_in})
      for (SlotId s : *list) {
        if (s == kNone) continue;
        const PlannedValue& v = plan_.values[s];
        if (v.storage == Storage::kConstant || v.storage == Storage::kState) continue;
        if (!v.graph) return false;
        const Type& type = inference_.Get(v.graph, v.value).type;
        const bool absent = v.storage == Storage::kInput && !type.known();
        if (!absent && (!type.is_tensor() || !type.shape.is_const())) return false;
      }
    return true;
  }

  Status BindSteps() {
    bound_->steps.resize(plan_.steps.size());
    const auto value = [&](SlotId s) { return s == kNone ? nullptr : &bound_->values[s]; };
    for (size_t i = 0; i < plan_.steps.size(); ++i) {
      const Step& step = plan_.steps[i];
      BoundStep& b = bound_->steps[i];
      for (SlotId s : step.in) b.in.push_back(value(s));
      for (SlotId s : step.epilogue_in) b.epilogue_in.push_back(value(s));
      for (SlotId s : step.out) b.out.push_back(value(s));
      for (const Value* v : b.epilogue_in) b.epilogue_tensors.push_back(&v->tensor());
      b.call.in = b.in;
      b.call.out = b.out;
      b.call.epilogue_operands = b.epilogue_in;
      if (step.kind != Step::Kind::kCall) continue;
      b.call.attributes = &step.node->attrs;
      b.call.params = step.params.empty() ? nullptr : step.params.data();
      b.call.epilogue = step.node->epilogue.empty() ? nullptr : &step.node->epilogue;
      b.call.node_key = step.key;
      b.dynamic = Dynamic(step) || (step.tactic ? !OperandsKnown(step) : !step.graph);
      b.call.layout = step.layout;
      if (b.dynamic && step.tactic)
        for (SlotId s : step.in)
          b.unpacked.push_back(
              value(s != kNone && plan_.values[s].packed_from != kNone ? plan_.values[s].packed_from : s));
      if (!b.dynamic && step.tactic && step.tactic->bind) HASTEN_TRY(BindTactic(step, &b));
    }
    for (uint32_t i = 0; i < plan_.values.size(); ++i) {
      const PlannedValue& v = plan_.values[i];
      if (v.storage != Storage::kArena || bound_->has_fixed[i] || plan_.steps.empty()) continue;
      bound_->dynamic.push_back(i);
      bound_->steps[v.last].release.push_back(i);
    }
    return {};
  }

  Status BindTactic(const Step& step, BoundStep* b) {
    const auto type_of = [&](SlotId s) {
      if (s == kNone) return Type();
      const PlannedValue& v = plan_.values[s];
      if (v.storage == Storage::kConstant) return Type::Tensor(v.constant.dtype, v.constant.dims);
      return v.graph ? inference_.Get(v.graph, v.value).type : Type();
    };
    std::vector<Type> in, out, epilogue_in;
    for (SlotId s : step.in) in.push_back(type_of(s));
    for (SlotId s : step.out) out.push_back(type_of(s));
    for (SlotId s : step.epilogue_in) epilogue_in.push_back(type_of(s));
    const BoundShapes shapes{in, out, b->call.attributes, b->call.params, b->call.epilogue, step.layout, epilogue_in};
    Status status = step.tactic->bind(shapes, &b->binding);
    b->call.bound = b->binding.data.data();
    return status.ok() ? Status() : std::move(status).At(step.where);
  }

  // Offsets of fixed values and workspaces.  An in-place output takes its input's memory when the bytes agree.
  Status LayOut(int64_t max_arena_bytes) {
    ArenaLayout layout(plan_);
    std::map<SlotId, SlotId> host;  // in-place output -> the slot whose memory it takes
    const auto in_arena = [&](SlotId s) {
      const PlannedValue& v = plan_.values[s];
      return v.storage == Storage::kArena && bound_->has_fixed[s] && v.place == Place{};
    };
    for (const Step& step : plan_.steps) {
      if (step.in_place == kNone || !in_arena(step.in_place) || !in_arena(step.out[0])) continue;
      const Tensor &from = bound_->fixed[step.in_place], &to = bound_->fixed[step.out[0]];
      if (from.dtype != to.dtype || from.bytes() != to.bytes()) continue;
      if (!step.node->op->traits.metadata_only && !(from.dims == to.dims)) continue;
      const auto root = host.find(step.in_place);
      host[step.out[0]] = root == host.end() ? step.in_place : root->second;
    }
    for (SlotId s = 0; s < plan_.values.size(); ++s)
      if (in_arena(s) && !host.count(s)) layout.Add(s, bound_->fixed[s].bytes());
    for (const auto& [out, root] : host) layout.Extend(root, plan_.values[out].last);
    int64_t total = layout.Assign();
    int64_t workspace = 0;
    for (const BoundStep& b : bound_->steps)
      workspace = std::max(workspace, AlignUp(static_cast<int64_t>(b.binding.workspace_bytes)));
    if (total + workspace > max_arena_bytes)
      return Status(Code::kOutOfMemory,
                    Str("run needs ", total + workspace, " bytes of arena, the limit is ", max_arena_bytes));
    HASTEN_ASSIGN(bound_->arena, NewTensor(DType::kU8, {total + workspace}));
    bound_->arena_bytes = total + workspace;
    for (const auto& item : layout.items()) Fix(item.slot, bound_->arena.data + item.offset);
    for (const auto& [out, root] : host) Fix(out, bound_->fixed[root].data);
    for (BoundStep& b : bound_->steps) b.call.workspace = bound_->arena.data + total;
    return {};
  }
  void Fix(SlotId s, std::byte* data) {
    bound_->fixed[s].data = data;
    bound_->values[s] = Value(bound_->fixed[s]);
  }

  void BindStates() {
    const Graph& graph = plan_.model->graph;
    bound_->states.resize(plan_.states.size());
    for (SlotId s = 0; s < plan_.values.size(); ++s)
      if (plan_.values[s].storage == Storage::kState)
        bound_->values[s] = Value::State(&bound_->states[plan_.values[s].state].view);
    for (size_t i = 0; i < plan_.states.size(); ++i) {
      const StateBinding& binding = plan_.states[i];
      const Shape& past = inference_.Get(&graph, graph.FindValue(binding.input)).type.shape;
      const Shape& present = inference_.Get(&graph, graph.FindValue(binding.output)).type.shape;
      bound_->states[i].appended = -1;
      if (!past.ranked() || !present.ranked() || present.rank() != past.rank() || binding.axis >= past.rank()) continue;
      const Dim grown = present[binding.axis] - past[binding.axis];
      if (grown.is_const()) bound_->states[i].appended = grown.value();
    }
  }

  const Plan& plan_;
  std::span<const Value> inputs_;
  Inference inference_;
  std::unique_ptr<BoundPlan> bound_ = std::make_unique<BoundPlan>();
};

}  // namespace

Result<std::unique_ptr<BoundPlan>> BindPlan(const Plan& plan, std::span<const Value> inputs, int64_t max_arena_bytes) {
  return Binder(plan, inputs).Run(max_arena_bytes);
}

}  // namespace hasten
