#include <numeric>

#include "kernels/launch.h"
#include "runtime/bound_plan.h"
#include "runtime/memory_sharing.h"

namespace hasten {
namespace {

constexpr int64_t kSmallWorkspace = 32 << 10;
constexpr int64_t kMostElements = int64_t{1} << 42;  // of one value, so that no sum of bytes overflows
int64_t AlignUp(int64_t n) { return (n + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment; }

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
  if (!v.is_tensor() || v.tensor().dtype == DType::kNone ||
      (wanted.dtype != DType::kNone && v.tensor().dtype != wanted.dtype))
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
  struct Item {
    uint32_t id;
    int64_t bytes;
    uint32_t first, last;
    int64_t offset = -1;
  };
  void Add(uint32_t id, int64_t bytes, uint32_t first, uint32_t last) {
    items_.push_back({id, AlignUp(std::max<int64_t>(bytes, 1)), first, last});
  }
  int64_t Assign() {
    FindNeighbours();
    std::vector<uint32_t> order(items_.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return items_[a].bytes > items_[b].bytes; });
    int64_t total = 0;
    for (uint32_t i : order) {
      Item& item = items_[i];
      placed_.clear();
      for (uint32_t k = begins_[i]; k < begins_[i + 1]; ++k)
        if (const Item& other = items_[neighbours_[k]]; other.offset >= 0)
          placed_.push_back({other.offset, other.bytes});
      std::sort(placed_.begin(), placed_.end());
      int64_t at = 0;
      for (const auto& [offset, bytes] : placed_) {
        if (offset - at >= item.bytes) break;
        at = std::max(at, offset + bytes);
      }
      item.offset = at;
      total = std::max(total, at + item.bytes);
    }
    return total;
  }
  const std::vector<Item>& items() const { return items_; }

 private:
  // Of each item, those alive at some time that it is.  Lists lie one after another: begins_[i] to begins_[i + 1].
  void FindNeighbours() {
    std::vector<uint32_t> order(items_.size()), alive;
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return items_[a].first < items_[b].first; });
    std::vector<std::pair<uint32_t, uint32_t>> pairs;
    begins_.assign(items_.size() + 1, 0);
    for (uint32_t i : order) {
      std::erase_if(alive, [&](uint32_t other) { return items_[other].last < items_[i].first; });
      for (uint32_t other : alive) {
        pairs.emplace_back(i, other);
        ++begins_[i];
        ++begins_[other];
      }
      alive.push_back(i);
    }
    std::exclusive_scan(begins_.begin(), begins_.end(), begins_.begin(), 0u);
    std::vector<uint32_t> next(begins_.begin(), begins_.end());
    neighbours_.resize(2 * pairs.size());
    for (const auto& [a, b] : pairs) {
      neighbours_[next[a]++] = b;
      neighbours_[next[b]++] = a;
    }
  }

  std::vector<Item> items_;
  std::vector<uint32_t> begins_, neighbours_;
  std::vector<std::pair<int64_t, int64_t>> placed_;
};

// Keeps the memory of what `type` was.
void SetTensorType(Type* type, DType dtype, const Dims& dims) {
  if (!type->is_tensor() || !type->shape.ranked()) {
    *type = Type::Tensor(dtype, dims);
    return;
  }
  type->dtype = dtype;
  type->shape.dims().assign(dims.begin(), dims.end());
}

class Binder {
 public:
  Binder(const Plan& plan, std::span<const Value> inputs, Inference* inference, RunMemory* memory,
         std::unique_ptr<BoundPlan> old)
      : plan_(plan), inputs_(inputs), inference_(*inference), memory_(*memory), bound_(std::move(old)) {
    inference_.Clear();
  }

  Result<std::unique_ptr<BoundPlan>> Run(int64_t max_arena_bytes) {
    bound_ ? Empty() : MakeEmpty();
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

  void MakeEmpty() {
    bound_ = std::make_unique<BoundPlan>();
    bound_->values.resize(plan_.values.size());
    bound_->fixed.resize(plan_.values.size());
    bound_->has_fixed.resize(plan_.values.size());
    bound_->steps.resize(plan_.steps.size());
    for (SlotId s = 0; s < plan_.values.size(); ++s)
      if (plan_.values[s].storage == Storage::kConstant) bound_->values[s] = Value(plan_.values[s].constant);
    PlaceOperands();
  }

  // Back to what MakeEmpty made: constants, operand arrays and the memory of everything stay.
  void Empty() {
    bound_->kinds.clear();
    bound_->dtypes.clear();
    bound_->key.clear();
    bound_->dynamic.clear();
    bound_->states.clear();
    for (SlotId s = 0; s < plan_.values.size(); ++s) {
      if (plan_.values[s].storage == Storage::kConstant) continue;
      bound_->values[s] = Value();
      bound_->fixed[s] = Tensor();
      bound_->has_fixed[s] = false;
    }
    for (BoundStep& b : bound_->steps) {
      b.dynamic = false;
      b.binding.phases.assign(1, 1);
      b.binding.workspace_bytes = 0;
      b.binding.data.clear();
      b.unpacked.clear();
      b.in_types.clear();
      b.out_types.clear();
      b.release.clear();
    }
  }

  Status FixShapes() {
    for (SlotId s = 0; s < plan_.values.size(); ++s) {
      const PlannedValue& v = plan_.values[s];
      if (!v.is_used() || (v.storage != Storage::kArena && v.storage != Storage::kOutput) || !v.graph) continue;
      const Type& type = inference_.Get(v.graph, v.value).type;
      if (!type.is_tensor() || type.dtype == DType::kNone || type.dtype == DType::kString) continue;
      const auto dims = type.shape.Concrete();
      if (!dims) continue;
      const auto elements = CheckedElements(*dims);
      if (!elements.ok() || *elements > kMostElements)
        return Status(Code::kOutOfMemory, Str("value ", Quote(v.name), " of ", type, " is larger than any memory"));
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

  // Operands of all steps in arrays of the whole plan.
  void PlaceOperands() {
    size_t in = 0, tensors = 0, out = 0;
    for (const Step& step : plan_.steps) {
      in += step.in.size() + step.epilogue_in.size();
      tensors += step.epilogue_in.size();
      out += step.out.size();
    }
    bound_->inputs_of_steps.reserve(in);
    bound_->tensors_of_steps.reserve(tensors);
    bound_->outputs_of_steps.reserve(out);
    const auto add = [&](const std::vector<SlotId>& slots, auto* list) {
      const size_t first = list->size();
      for (SlotId s : slots) list->push_back(s == kNone ? nullptr : &bound_->values[s]);
      return std::span(*list).subspan(first);
    };
    for (size_t i = 0; i < plan_.steps.size(); ++i) {
      const Step& step = plan_.steps[i];
      BoundStep& b = bound_->steps[i];
      b.in = add(step.in, &bound_->inputs_of_steps);
      b.epilogue_in = add(step.epilogue_in, &bound_->inputs_of_steps);
      b.out = add(step.out, &bound_->outputs_of_steps);
      const size_t first = bound_->tensors_of_steps.size();
      for (const Value* v : b.epilogue_in) bound_->tensors_of_steps.push_back(&v->tensor());
      b.epilogue_tensors = std::span(bound_->tensors_of_steps).subspan(first);
      b.call.in = b.in;
      b.call.out = b.out;
      b.call.epilogue_operands = b.epilogue_in;
    }
  }

  Status BindSteps() {
    for (size_t i = 0; i < plan_.steps.size(); ++i) {
      const Step& step = plan_.steps[i];
      BoundStep& b = bound_->steps[i];
      if (step.kind != Step::Kind::kCall) continue;
      b.call.attributes = &step.node->attrs;
      b.call.params = step.params.empty() ? nullptr : step.params.data();
      b.call.epilogue = step.node->epilogue.empty() ? nullptr : &step.node->epilogue;
      b.call.node_key = step.key;
      b.dynamic = Dynamic(step) || (step.tactic ? !OperandsKnown(step) : !step.graph);
      b.call.layout = step.layout;
      if (b.dynamic && step.tactic)
        for (SlotId s : step.in) b.unpacked.push_back(s == kNone ? nullptr : &bound_->values[Unpacked(s)]);
      if (!b.dynamic && step.tactic) HASTEN_TRY(BindTactic(step, &b));
    }
    for (uint32_t i = 0; i < plan_.values.size(); ++i) {
      const PlannedValue& v = plan_.values[i];
      if (v.storage != Storage::kArena || bound_->has_fixed[i] || !v.is_used()) continue;
      bound_->dynamic.push_back(i);
      bound_->steps[v.last].release.push_back(i);
    }
    return {};
  }

  SlotId Unpacked(SlotId s) const { return plan_.values[s].packed_from != kNone ? plan_.values[s].packed_from : s; }

  // The types of slots, in memory that the next step uses again.
  std::span<const Type> TypesOf(const std::vector<SlotId>& slots, std::vector<Type>* types) const {
    if (types->size() < slots.size()) types->resize(slots.size());
    for (size_t i = 0; i < slots.size(); ++i) {
      Type& type = (*types)[i];
      const PlannedValue* v = slots[i] == kNone ? nullptr : &plan_.values[slots[i]];
      if (v && v->storage == Storage::kConstant) {
        SetTensorType(&type, v->constant.dtype, v->constant.dims);
      } else {
        type = v && v->graph ? inference_.Get(v->graph, v->value).type : Type();
      }
    }
    return std::span(*types).first(slots.size());
  }

  Status BindTactic(const Step& step, BoundStep* b) {
    const auto in = TypesOf(step.in, &in_), out = TypesOf(step.out, &out_);
    const BoundShapes shapes{in,
                             out,
                             b->call.attributes,
                             b->call.params,
                             b->call.epilogue,
                             step.layout,
                             TypesOf(step.epilogue_in, &epilogue_in_)};
    Status status = BindCall(*step.tactic, shapes, &b->binding);
    b->call.bound = b->binding.data.data();
    return status.ok() ? Status() : std::move(status).At(step.where);
  }

  // Offsets of fixed values and workspaces.  A large workspace lies where no value is alive in its step; small ones
  // all lie behind the values.
  Status LayOut(int64_t max_arena_bytes) {
    const MemorySharing sharing(plan_, *bound_);
    ArenaLayout layout;
    const auto slots = static_cast<uint32_t>(plan_.values.size());
    for (SlotId s = 0; s < slots; ++s)
      if (const auto& own = sharing.of(s); sharing.in_arena(s) && own.host == s)
        layout.Add(s, bound_->fixed[s].bytes(), own.first, own.last);
    int64_t workspace = 0;
    for (uint32_t i = 0; i < bound_->steps.size(); ++i) {
      const auto bytes = static_cast<int64_t>(bound_->steps[i].binding.workspace_bytes);
      if (bytes > kSmallWorkspace)
        layout.Add(slots + i, bytes, i, i);
      else
        workspace = std::max(workspace, AlignUp(bytes));
    }
    const int64_t total = layout.Assign();
    if (total + workspace > max_arena_bytes)
      return Status(Code::kOutOfMemory,
                    Str("a run needs ", total + workspace, " bytes of memory, the limit is ", max_arena_bytes));
    bound_->arena = Tensor();  // an old one's
    HASTEN_ASSIGN(bound_->arena, memory_.AtLeast(total + workspace));
    bound_->arena_bytes = total + workspace;
    for (BoundStep& b : bound_->steps) b.call.workspace = bound_->arena.data + total;
    for (const auto& item : layout.items()) {
      std::byte* const data = bound_->arena.data + item.offset;
      if (item.id < slots)
        Fix(item.id, data);
      else
        bound_->steps[item.id - slots].call.workspace = data;
    }
    for (SlotId s = 0; s < slots; ++s)
      if (const auto& guest = sharing.of(s); sharing.in_arena(s) && guest.host != s)
        Fix(s, bound_->fixed[guest.host].data + guest.offset);
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
  Inference& inference_;
  RunMemory& memory_;
  std::vector<Type> in_, out_, epilogue_in_;
  std::unique_ptr<BoundPlan> bound_;
};

}  // namespace

Result<std::unique_ptr<BoundPlan>> BindPlan(const Plan& plan, std::span<const Value> inputs, int64_t max_arena_bytes,
                                            Inference* inference, RunMemory* memory, std::unique_ptr<BoundPlan> old) {
  return Binder(plan, inputs, inference, memory, std::move(old)).Run(max_arena_bytes);
}

}  // namespace hasten
