#include "runtime/executor.h"

#include "ops/infer.h"
#include "ops/interpret.h"
#include "runtime/bound_plan.h"
#include "tensor/alignment.h"

namespace hasten {

Executor::Executor(std::shared_ptr<const Plan> plan, Options options)
    : plan_(std::move(plan)),
      options_(std::move(options)),
      inference_(kBindingInference),
      workers_(options_.pool ? options_.pool->threads() : 1) {
  static const LocalServices reference;  // for how bodies run by reference
  services_.scratch = &scratch_;
  services_.draws = &draws_;
  services_.stop = &stop_;
  services_.run_body = reference.get()->run_body;
}

Executor::~Executor() = default;

int64_t Executor::arena_bytes() const { return bindings_.empty() ? 0 : bindings_.front()->arena_bytes; }

Result<int64_t> Executor::ArenaBytesFor(std::span<const Value> inputs) {
  HASTEN_ASSIGN(const BoundPlan* bound, Bind(inputs, 0));
  return bound->arena_bytes;
}

namespace {

bool SameKey(const BoundPlan& bound, std::span<const Value> inputs, size_t rows) {
  if (bound.rows != rows) return false;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const bool tensor = inputs[i].is_tensor();
    if (bound.kinds[i] != inputs[i].kind()) return false;
    if (tensor && (bound.dtypes[i] != inputs[i].tensor().dtype || !(bound.key[i] == inputs[i].tensor().dims)))
      return false;
  }
  return true;
}

bool AllTensors(std::span<const Value> inputs) {
  return std::all_of(inputs.begin(), inputs.end(), [](const Value& v) { return v.is_tensor() || !v.has(); });
}

}  // namespace

Result<BoundPlan*> Executor::Bind(std::span<const Value> inputs, size_t rows) {
  for (auto it = bindings_.begin(); it != bindings_.end(); ++it) {
    if (!SameKey(**it, inputs, rows)) continue;
    bindings_.splice(bindings_.begin(), bindings_, it);
    return bindings_.front().get();
  }
  // Sequences are keyed by kind alone, so their types may not be relied on a second time.
  if (!AllTensors(inputs)) bindings_.clear();
  std::unique_ptr<BoundPlan> old;
  while (bindings_.size() >= options_.max_bindings && !bindings_.empty()) {
    old = std::move(bindings_.back());
    bindings_.pop_back();
  }
  HASTEN_ASSIGN(auto bound, BindPlan(*plan_, inputs, options_.max_arena_bytes, &inference_, &memory_, std::move(old)));
  bound->rows = rows;
  for (const Value& v : inputs) {
    bound->kinds.push_back(AllTensors(inputs) ? v.kind() : Value::Kind::kState);  // kState never matches an input
    bound->dtypes.push_back(v.is_tensor() ? v.tensor().dtype : DType::kNone);
    bound->key.push_back(v.is_tensor() ? v.tensor().dims : Dims());
  }
  ++times_bound_;
  bindings_.push_front(std::move(bound));
  return bindings_.front().get();
}

Status Executor::BindStates(BoundPlan* bound, const RunOptions& options) {
  for (size_t i = 0; i < bound->states.size(); ++i) {
    BoundPlan::BoundState& b = bound->states[i];
    HASTEN_REQUIRE(b.appended >= 0, "state ", Quote(plan_->states[i].input),
                   " must grow by a number of entries that shapes tell");
    b.pages.resize(options.states.size());
    b.length.resize(options.states.size());
    for (size_t r = 0; r < options.states.size(); ++r) {
      State& state = *options.states[r];
      HASTEN_REQUIRE(state.tracks_.size() == plan_->states.size(), "a state was made for another plan");
      HASTEN_TRY(state.Reserve(state.length() + b.appended));
      const State::Track& track = state.tracks_[i];
      b.pages[r] = track.pages.data();
      b.length[r] = state.length();
      if (r == 0) b.view = {track.dtype, state.page_entries_, track.entry_bytes, track.entry_dims, {}, {}, {}};
      HASTEN_REQUIRE(state.page_entries_ == b.view.page_size, "rows of one run must have one page size");
    }
    b.view.pages = b.pages;
    b.view.length = b.length;
  }
  return {};
}

Status Executor::PlaceOutputs(BoundPlan* bound, std::vector<Value>* outputs, Allocator* allocator) {
  for (size_t i = 0; i < plan_->outputs.size(); ++i) {
    const SlotId s = plan_->outputs[i];
    if (!bound->has_fixed[s]) continue;
    Tensor& fixed = bound->fixed[s];
    const Value& given = (*outputs)[i];
    if (given.is_tensor() && given.tensor().dtype == fixed.dtype && given.tensor().dims == fixed.dims &&
        given.tensor().data) {
      fixed = given.tensor();
    } else {
      auto made = allocator->Allocate(fixed.dtype, fixed.dims);
      if (!made.ok()) return std::move(made).At(Str("output ", Quote(plan_->values[s].name))).status();
      fixed = *std::move(made);
    }
    bound->values[s] = Value(fixed);
  }
  return {};
}

Status Executor::Run(std::span<const Value> inputs, std::vector<Value>* outputs, const RunOptions& options) {
  if (inputs.size() != plan_->inputs.size())
    return Status(Code::kInvalidArgument,
                  Str("model takes ", plan_->inputs.size(), " inputs, is given ", inputs.size()));
  if (!plan_->states.empty() && options.states.empty())
    return Status(Code::kInvalidArgument, "the plan has bound states: a run must be given one State per row");
  HASTEN_ASSIGN(BoundPlan * bound, Bind(inputs, options.states.size()));
  services_.allocator = options.output_allocator ? options.output_allocator : HeapAllocator();
  services_.seed = options.seed;
  draws_.Reset();
  stop_.store(0, std::memory_order_relaxed);
  workers_.Share(services_, RunLimits(&stop_, options.cancel, options.deadline));
  HASTEN_TRY(BindStates(bound, options));
  outputs->resize(plan_->outputs.size());
  HASTEN_TRY(PlaceOutputs(bound, outputs, services_.allocator));
  for (size_t i = 0; i < inputs.size(); ++i) {
    Value& v = bound->values[plan_->inputs[i]];
    v = inputs[i];
    if (!v.is_tensor() || !Misaligned(v.tensor())) continue;
    HASTEN_ASSIGN(Tensor aligned, Clone(v.tensor()));
    v = Value(std::move(aligned));
  }
  Status status = Walk(bound, options);
  if (status.ok())
    for (size_t i = 0; i < outputs->size(); ++i) (*outputs)[i] = bound->values[plan_->outputs[i]];
  // Nothing of the caller's stays behind, nor a value that a jump out of a loop or an error left.
  for (SlotId s : bound->dynamic) bound->values[s] = Value();
  for (SlotId s : plan_->inputs) bound->values[s] = Value();
  for (SlotId s : plan_->outputs) {
    bound->values[s] = Value();
    if (bound->has_fixed[s]) {
      bound->fixed[s].owner.reset();
      bound->fixed[s].data = nullptr;
    }
  }
  if (status.ok() && !bound->states.empty())
    for (State* s : options.states) s->Advance(bound->states[0].appended);
  return status;
}

Status Executor::Walk(BoundPlan* bound, const RunOptions& options) {
  size_t at = 0;
  while (at < plan_->steps.size()) {
    if (workers_.limits().Passed()) return workers_.limits().Why();
    const Step& step = plan_->steps[at];
    size_t next = at + 1;
    if (step.kind == Step::Kind::kJump) {
      next = step.target;
    } else if (step.kind == Step::Kind::kBranchIfFalse) {
      const Value& condition = *bound->steps[at].in[0];
      if (!condition.is_tensor() || condition.tensor().elements() != 1)
        return Status(Code::kInvalidArgument, Str(step.where, ": condition must be one bool"));
      if (condition.tensor().Int(0) == 0) next = step.target;
    } else {
      Status status = OneStep(bound, at, options);
      if (!status.ok()) return step.where.empty() ? std::move(status) : std::move(status).At(step.where);
    }
    // A loop's values are dropped where the loop ends, not in each round: their lifetimes reach that far.
    if (next == at + 1)
      for (SlotId s : bound->steps[at].release) bound->values[s] = Value();
    at = next;
  }
  return {};
}

namespace {

Status MoveValue(const Value& from, Value* to, const Tensor& fixed, Allocator* allocator) {
  if (!from.is_tensor()) {
    *to = from;
    return {};
  }
  const Tensor& t = from.tensor();
  if (fixed.data && fixed.dtype == t.dtype && fixed.dims == t.dims) {
    *to = Value(fixed);
    if (fixed.data != t.data) CopyElements(t, 0, &to->tensor(), 0, t.elements());
    return {};
  }
  if (t.owner) {
    *to = from;
    return {};
  }
  HASTEN_ASSIGN(Tensor copy, allocator->Allocate(t.dtype, t.dims));
  CopyElements(t, 0, &copy, 0, t.elements());
  *to = Value(std::move(copy));
  return {};
}

}  // namespace

Status Executor::OneStep(BoundPlan* bound, size_t index, const RunOptions& options) {
  const Step& step = plan_->steps[index];
  if (step.kind == Step::Kind::kMove) {
    const SlotId to = step.out[0];
    return MoveValue(*bound->steps[index].in[0], &bound->values[to], bound->fixed[to], services_.allocator);
  }
  if (step.kind == Step::Kind::kCopy) {
    const Value& from = *bound->steps[index].in[0];
    HASTEN_REQUIRE(from.is_tensor(), "only tensors can be copied between devices");
    Device* device = const_cast<Device*>(step.device);
    const SlotId to = step.out[0];
    Tensor target = bound->fixed[to];
    if (!target.data) {
      const bool to_device = plan_->values[to].place == device->place();
      HASTEN_ASSIGN(target, to_device ? device->Allocate(from.tensor().dtype, from.tensor().dims)
                                      : services_.allocator->Allocate(from.tensor().dtype, from.tensor().dims));
      if (to_device && bound->has_fixed[to]) bound->fixed[to] = target;
    }
    HASTEN_TRY(device->Copy(from.tensor(), &target));
    bound->values[to] = Value(std::move(target));
    return {};
  }
  return Call(bound, index, options);
}

Status Executor::Call(BoundPlan* bound, size_t index, const RunOptions& options) {
  const Step& step = plan_->steps[index];
  BoundStep& b = bound->steps[index];
  b.call.services = &services_;
  HASTEN_TRY(RequireOperands(*step.node, b.in));
  if (options.observer) options.observer->Before(step, index, b.call);
  if (step.device) HASTEN_TRY(PlaceOnDevice(bound, index));
  Device* device = const_cast<Device*>(step.device);
  if (device) HASTEN_TRY(device->Enter());
  Status status = b.dynamic ? DynamicCall(bound, index) : FixedCall(bound, index);
  if (device) device->Leave();
  scratch_.Reset();
  services_.unwanted.clear();
  HASTEN_TRY(std::move(status));
  return options.observer ? options.observer->After(step, index, b.call) : Status();
}

Status Executor::PlaceOnDevice(BoundPlan* bound, size_t index) {
  const Step& step = plan_->steps[index];
  Device* device = const_cast<Device*>(step.device);
  for (SlotId s : step.out) {
    if (s == kNone || !bound->has_fixed[s] || bound->fixed[s].data) continue;
    HASTEN_ASSIGN(bound->fixed[s], device->Allocate(bound->fixed[s].dtype, bound->fixed[s].dims));
    bound->values[s] = Value(bound->fixed[s]);
  }
  return {};
}

Status Executor::FixedCall(BoundPlan* bound, size_t index) {
  const Step& step = plan_->steps[index];
  BoundStep& b = bound->steps[index];
  if (step.tactic) return Launch(*step.tactic, b.binding, &b.call, options_.pool.get(), &workers_);
  const bool nothing_to_do =
      step.node->op->traits.metadata_only && b.in[0]->is_tensor() && b.in[0]->tensor().data == b.out[0]->tensor().data;
  if (!nothing_to_do) HASTEN_TRY(step.node->op->eval(b.call));
  if (b.call.epilogue && b.out[0]) return ApplyPointwise(*b.call.epilogue, &b.out[0]->tensor(), b.epilogue_tensors);
  return {};
}

// Some output's shape is known only now.  Fixed outputs keep their memory; the others start absent, so that whoever
// still holds what they were keeps it.
Status Executor::DynamicCall(BoundPlan* bound, size_t index) {
  const Step& step = plan_->steps[index];
  BoundStep& b = bound->steps[index];
  if (step.tactic) return DynamicTactic(bound, index);
  std::vector<Value> results(step.out.size());
  std::vector<Value*> out;
  for (size_t i = 0; i < step.out.size(); ++i) out.push_back(step.out[i] == kNone ? nullptr : &results[i]);
  const NodeOperands operands{b.in, b.epilogue_in, {}};
  HASTEN_TRY(RunReference(*step.node, step.key, operands, out, &services_));
  for (size_t i = 0; i < step.out.size(); ++i)
    if (step.out[i] != kNone) bound->values[step.out[i]] = std::move(results[i]);
  return {};
}

Status Executor::DynamicTactic(BoundPlan* bound, size_t index) {
  const Step& step = plan_->steps[index];
  BoundStep* b = &bound->steps[index];
  HASTEN_TRY(InferOutputs(*step.node, b->unpacked, nullptr, &b->out_types));
  b->in_types.clear();
  for (const Value* v : b->in) b->in_types.push_back(v && v->has() ? TypeOf(*v) : Type());
  for (size_t i = 0; i < b->out.size(); ++i) {
    if (!b->out[i]) continue;
    const auto dims = b->out_types[i].shape.Concrete();
    // A tactic without Bind, as an application brings it, allocates what it makes.
    HASTEN_REQUIRE(dims || !step.tactic->bind, "output ", i,
                   " must have dims that follow from the operands and fit into 64 bits, is ", b->out_types[i]);
    if (!dims) continue;
    if (const Tensor& fixed = bound->fixed[step.out[i]];
        fixed.data && fixed.dtype == b->out_types[i].dtype && fixed.dims == *dims) {
      *b->out[i] = Value(fixed);
      continue;
    }
    if (step.device) {
      HASTEN_ASSIGN(Tensor t, const_cast<Device*>(step.device)->Allocate(b->out_types[i].dtype, *dims));
      *b->out[i] = Value(std::move(t));
    } else {
      HASTEN_ASSIGN(Tensor t, services_.allocator->Allocate(b->out_types[i].dtype, *dims));
      *b->out[i] = Value(std::move(t));
    }
  }
  Binding binding;
  std::vector<Type> epilogue_in;
  for (const Value* v : b->epilogue_in) epilogue_in.push_back(TypeOf(*v));
  const BoundShapes shapes{b->in_types,      b->out_types, b->call.attributes, b->call.params,
                           b->call.epilogue, step.layout,  epilogue_in};
  HASTEN_TRY(BindCall(*step.tactic, shapes, &binding));
  HASTEN_ASSIGN(b->call.workspace, scratch_.Take(binding.workspace_bytes));
  b->call.bound = binding.data.data();
  return Launch(*step.tactic, binding, &b->call, options_.pool.get(), &workers_);
}

}  // namespace hasten
