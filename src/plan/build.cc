#include <algorithm>
#include <unordered_map>

#include "base/thread_pool.h"
#include "ir/text.h"
#include "plan/assemble.h"
#include "plan/choose.h"
#include "plan/place.h"
#include "plan/relayout.h"

namespace hasten {
namespace {

// Flattens graphs into steps.  Also what region ops lower themselves through.
class Flattener final : public RegionBuilder {
 public:
  explicit Flattener(Plan* plan) : plan_(*plan) {}

  Status Main(const Graph& graph) {
    plan_.values.reserve(graph.value_slots());
    plan_.steps.reserve(graph.node_slots());
    slots_.reserve(graph.value_slots());
    for (ValueId v : graph.inputs) NewInput(graph, v);
    HASTEN_TRY(Nodes(graph));
    for (ValueId v : graph.outputs) plan_.outputs.push_back(OutputSlot(graph, v));
    ResolveLabels();
    return {};
  }

  const Node& node() const override { return *frame_->node; }
  SlotId Input(size_t i) const override {
    return i < frame_->node->inputs.size() ? At(*frame_->graph, frame_->node->inputs[i]) : kNone;
  }
  SlotId Output(size_t i) const override { return At(*frame_->graph, frame_->node->outputs[i]); }
  SlotId Temporary() override { return NewSlot({.name = Str(OpName(*frame_->node), ".", plan_.values.size())}); }
  SlotId Constant(Tensor t) override {
    return NewSlot({.name = "constant", .storage = Storage::kConstant, .constant = std::move(t)});
  }
  void Call(const OpDef& op, Attrs attrs, std::vector<SlotId> in, std::vector<SlotId> out) override {
    auto own = std::make_unique<Node>();
    own->op = &op;
    own->attrs = std::move(attrs);
    own->inputs.resize(in.size(), 0);
    own->outputs.resize(out.size(), 0);
    Step& step = NewStep(Step::Kind::kCall);
    step.node = own.get();
    step.in = std::move(in);
    step.out = std::move(out);
    plan_.own_nodes.push_back(std::move(own));
  }
  void Move(SlotId from, SlotId to) override {
    if (from == kNone) return;
    Step& step = NewStep(Step::Kind::kMove);
    step.in = {from};
    step.out = {to};
  }
  Result<std::vector<SlotId>> Body(size_t k, std::span<const SlotId> inputs) override {
    const Frame outer = *frame_;
    const auto bodies = outer.node->attrs.Graphs();
    HASTEN_REQUIRE(k < bodies.size(), "has no graph ", k);
    const Graph& body = *bodies[k];
    HASTEN_REQUIRE(inputs.size() == body.inputs.size(), "body takes ", body.inputs.size(), " inputs, is given ",
                   inputs.size());
    for (size_t i = 0; i < inputs.size(); ++i) slots_[{&body, body.inputs[i]}] = inputs[i];
    const size_t first = outer.node->inputs.size() - outer.node->captures;
    for (size_t i = 0; i < body.captures.size(); ++i)
      if (body.captures[i] != kNone)
        slots_[{&body, body.captures[i]}] = At(*outer.graph, outer.node->inputs[first + i]);
    Status status = Nodes(body);
    if (!status.ok()) return std::move(status).At(Str("graph ", Quote(body.name)));
    std::vector<SlotId> out;
    for (ValueId v : body.outputs) out.push_back(SlotOf(body, v));
    return out;
  }
  LabelId NewLabel() override {
    labels_.push_back(kNone);
    return static_cast<LabelId>(labels_.size() - 1);
  }
  void Place(LabelId label) override { labels_[label] = static_cast<uint32_t>(plan_.steps.size()); }
  void BranchIfFalse(SlotId condition, LabelId target) override {
    Step& step = NewStep(Step::Kind::kBranchIfFalse);
    step.in = {condition};
    step.target = target;
  }
  void Jump(LabelId target) override { NewStep(Step::Kind::kJump).target = target; }

 private:
  struct Frame {
    const Graph* graph;
    NodeId id;
    const Node* node;
  };
  struct KeyHash {
    size_t operator()(const std::pair<const Graph*, ValueId>& k) const {
      return std::hash<const void*>()(k.first) * 31 + k.second;
    }
  };

  SlotId NewSlot(PlannedValue value) {
    plan_.values.push_back(std::move(value));
    return static_cast<SlotId>(plan_.values.size() - 1);
  }
  Step& NewStep(Step::Kind kind) {
    Step& step = plan_.steps.emplace_back();
    step.kind = kind;
    step.where = frame_ ? where_ : "";
    return step;
  }
  SlotId At(const Graph& graph, ValueId v) const {
    if (v == kNone) return kNone;
    const auto it = slots_.find({&graph, v});
    return it == slots_.end() ? kNone : it->second;
  }
  // The slot of a value, made on first sight (constants are reached this way).
  SlotId SlotOf(const Graph& graph, ValueId v) {
    if (v == kNone) return kNone;
    if (const SlotId known = At(graph, v); known != kNone) return known;
    const GraphValue& value = graph.value(v);
    PlannedValue planned{.name = value.name, .graph = &graph, .value = v};
    if (value.constant) {
      planned.storage = Storage::kConstant;
      planned.constant = value.constant->tensor;
    }
    return slots_[{&graph, v}] = NewSlot(std::move(planned));
  }
  void NewInput(const Graph& graph, ValueId v) {
    const SlotId slot = SlotOf(graph, v);
    PlannedValue& value = plan_.values[slot];
    for (size_t s = 0; s < plan_.states.size(); ++s)
      if (plan_.states[s].input == value.name) {
        value.storage = Storage::kState;
        value.state = static_cast<uint32_t>(s);
        return;
      }
    value.storage = Storage::kInput;
    plan_.inputs.push_back(slot);
  }
  // Graph outputs get memory of their own kind; one that is an input, a constant or listed twice is copied.
  SlotId OutputSlot(const Graph& graph, ValueId v) {
    const SlotId slot = SlotOf(graph, v);
    PlannedValue& value = plan_.values[slot];
    if (value.storage == Storage::kArena) {
      value.storage = Storage::kOutput;
      return slot;
    }
    const SlotId copy =
        NewSlot({.name = value.name, .graph = value.graph, .value = value.value, .storage = Storage::kOutput});
    frame_ = nullptr;
    Step& step = NewStep(Step::Kind::kMove);
    step.in = {slot};
    step.out = {copy};
    return copy;
  }

  Status Nodes(const Graph& graph) {
    size_t number = 0;
    for (NodeId n = graph.first(); n != kNone; n = graph.node(n).next) {
      const Node& node = graph.node(n);
      const Frame frame{&graph, n, &node};
      const Frame* outer = std::exchange(frame_, &frame);
      const std::string outer_where = std::exchange(where_, NodeText(number++, node));
      Status status = OneNode(graph, n, node);
      if (!status.ok()) return std::move(status).At(where_);
      frame_ = outer;
      where_ = outer_where;
    }
    return {};
  }
  Status OneNode(const Graph& graph, NodeId n, const Node& node) {
    if (!AnyOutputWanted(node)) return {};
    if (!node.op) return Status(Code::kUnsupported, "is not an op this build knows: it can be carried, not run");
    for (ValueId v : node.inputs) SlotOf(graph, v);
    for (ValueId v : node.outputs) SlotOf(graph, v);
    for (ValueId v : node.outputs)
      if (v != kNone) BindStateOutput(graph, v);
    if (node.op->lower) return node.op->lower(*this);
    Step& step = NewStep(Step::Kind::kCall);
    step.node = &node;
    step.graph = &graph;
    step.key = n;
    const size_t formal = node.formal_inputs();
    for (size_t i = 0; i < formal; ++i) step.in.push_back(At(graph, node.inputs[i]));
    for (size_t i = 0; i < node.epilogue_operands; ++i) step.epilogue_in.push_back(At(graph, node.inputs[formal + i]));
    for (ValueId v : node.outputs) step.out.push_back(At(graph, v));
    return {};
  }
  void BindStateOutput(const Graph& graph, ValueId v) {
    if (&graph != &plan_.model->graph || !graph.IsOutput(v)) return;
    PlannedValue& value = plan_.values[At(graph, v)];
    for (size_t s = 0; s < plan_.states.size(); ++s)
      if (plan_.states[s].output == value.name) {
        value.storage = Storage::kState;
        value.state = static_cast<uint32_t>(s);
      }
  }
  void ResolveLabels() {
    for (Step& step : plan_.steps)
      if (step.kind == Step::Kind::kBranchIfFalse || step.kind == Step::Kind::kJump) step.target = labels_[step.target];
  }

  Plan& plan_;
  std::unordered_map<std::pair<const Graph*, ValueId>, SlotId, KeyHash> slots_;
  std::vector<uint32_t> labels_;
  const Frame* frame_ = nullptr;
  std::string where_;
};

// First and last step of each value.  A value that a loop reads but does not freshly write in each round lives through
// the whole loop.
void AssignLifetimes(Plan* plan) {
  constexpr uint32_t kNever = 0xffffffff;  // later than any last
  const auto touch = [&](SlotId s, uint32_t at) {
    if (s == kNone) return;
    PlannedValue& v = plan->values[s];
    if (v.first == kNever) v.first = at;
    v.last = std::max(v.last, at);
  };
  for (PlannedValue& v : plan->values) {
    v.first = kNever;
    v.last = 0;
  }
  for (uint32_t i = 0; i < plan->steps.size(); ++i) {
    const Step& step = plan->steps[i];
    for (const auto* list : {&step.in, &step.epilogue_in, &step.out})
      for (SlotId s : *list) touch(s, i);
  }
  for (uint32_t i = 0; i < plan->steps.size(); ++i) {
    const Step& step = plan->steps[i];
    if (step.kind != Step::Kind::kJump || step.target > i) continue;
    for (PlannedValue& v : plan->values)
      if (v.is_used() && v.first < step.target && v.last >= step.target) v.last = std::max(v.last, i);
  }
}

// Which values share memory, and until when somebody reads it.
class SharedMemory {
 public:
  explicit SharedMemory(const Plan& plan) : plan_(plan), root_(plan.values.size()) {
    for (SlotId s = 0; s < root_.size(); ++s) {
      root_[s] = s;
      last_.push_back(plan.values[s].last);
    }
  }
  uint32_t last(SlotId s) const { return last_[root_[s]]; }
  void Join(SlotId s, SlotId to) {
    root_[to] = root_[s];
    last_[root_[s]] = std::max(last_[root_[s]], plan_.values[to].last);
  }

 private:
  const Plan& plan_;
  std::vector<SlotId> root_;
  std::vector<uint32_t> last_;
};

// An op that may write over its input does so where nobody reads that memory later.  One that only renames its input's
// dims shares it in any case, but not where steps are gone back to.
void AssignInPlace(Plan* plan) {
  SharedMemory memory(*plan);
  bool loops = false;
  for (uint32_t i = 0; i < plan->steps.size(); ++i)
    loops |= plan->steps[i].kind == Step::Kind::kJump && plan->steps[i].target <= i;
  for (uint32_t i = 0; i < plan->steps.size(); ++i) {
    Step& step = plan->steps[i];
    if (step.kind != Step::Kind::kCall || (step.tactic && !step.tactic->in_place) || step.out.empty() ||
        step.out[0] == kNone)
      continue;
    const int input = step.node->op->traits.in_place_input;
    if (input < 0 || static_cast<size_t>(input) >= step.in.size()) continue;
    const SlotId s = step.in[static_cast<size_t>(input)];
    if (s == kNone || std::count(step.in.begin(), step.in.end(), s) > 1) continue;
    const PlannedValue &from = plan->values[s], &to = plan->values[step.out[0]];
    const bool renames = step.node->op->traits.metadata_only && !step.tactic && step.node->epilogue.empty() && !loops;
    if (from.storage == Storage::kArena && to.storage == Storage::kArena && to.first == i && from.place == to.place &&
        (renames || (from.last == i && memory.last(s) == i))) {
      step.in_place = s;
      memory.Join(s, step.out[0]);
    }
  }
}

}  // namespace

namespace {

// The steps of the model, each by its reference.
Result<std::shared_ptr<Plan>> Flatten(std::shared_ptr<const Model> model, const PlanOptions& options) {
  auto plan = std::make_shared<Plan>();
  plan->model = std::move(model);
  plan->states.assign(options.states.begin(), options.states.end());
  plan->notes = options.notes;
  plan->settings = {.threads = options.pool ? options.pool->threads() : 1,
                    .level = options.level,
                    .numerics = options.numerics,
                    .references_only = options.references_only,
                    .shapes = options.shapes};
  const Graph& graph = plan->model->graph;
  for (const StateBinding& s : plan->states) {
    const ValueId in = graph.FindValue(s.input), out = graph.FindValue(s.output);
    if (in == kNone || out == kNone || !graph.IsOutput(out))
      return Status(Code::kInvalidArgument, Str("state ", Quote(s.input), " -> ", Quote(s.output),
                                                " must name an input and an output of the model"));
  }
  Flattener flattener(plan.get());
  HASTEN_TRY(flattener.Main(graph));
  std::erase_if(plan->outputs, [&](SlotId s) { return plan->values[s].storage == Storage::kState; });
  plan->choices.reserve(plan->steps.size());
  for (const Step& step : plan->steps) plan->choices.push_back({.where = step.where, .key = step.key});
  return plan;
}

// What follows from the choices.
Status Finish(Plan* plan, const PlanOptions& options, std::span<const Tensor>* stored) {
  HASTEN_TRY(InsertReorders(plan, options));
  HASTEN_TRY(PackConstants(plan, options, stored));
  HASTEN_TRY(AssignPlaces(plan, options));
  AssignLifetimes(plan);
  AssignInPlace(plan);
  return {};
}

Status Apply(Plan* plan, uint32_t index, const Choice& stored, const PlanOptions& options) {
  Step& step = plan->steps[index];
  step.key = stored.key;
  HASTEN_REQUIRE(step.where == stored.where, "is of ", Quote(stored.where), ", the graph has ", Quote(step.where));
  Choose(plan, index, stored);
  if (!stored.tactic) return {};
  HASTEN_REQUIRE(step.kind == Step::Kind::kCall && step.graph, "has a tactic and is no call of the graph");
  StepFacts facts = GraphFacts(*plan, step);
  if (!Computes(stored, &facts, options))
    return Status(Code::kUnsupported, Str(stored.tactic->name, " does not compute ", step.where));
  return {};
}

}  // namespace

Result<std::shared_ptr<const Plan>> BuildPlan(std::shared_ptr<const Model> model, const PlanOptions& options) {
  HASTEN_ASSIGN(auto plan, Flatten(std::move(model), options));
  HASTEN_TRY(ChooseTactics(plan.get(), options));
  HASTEN_TRY(Finish(plan.get(), options, nullptr));
  return std::shared_ptr<const Plan>(std::move(plan));
}

Result<std::shared_ptr<Plan>> AssemblePlan(std::shared_ptr<const Model> model, const PlanOptions& options,
                                           const StoredChoices& stored) {
  HASTEN_ASSIGN(auto plan, Flatten(std::move(model), options));
  HASTEN_REQUIRE(stored.steps.size() == plan->steps.size(), "there must be ", plan->steps.size(), " steps, there are ",
                 stored.steps.size());
  for (uint32_t i = 0; i < plan->steps.size(); ++i) {
    Status status = Apply(plan.get(), i, stored.steps[i], options);
    if (!status.ok()) return std::move(status).At(Str("step ", i));
  }
  std::span<const Tensor> packed = stored.packed;
  HASTEN_TRY(Finish(plan.get(), options, &packed));
  HASTEN_REQUIRE(packed.empty(), packed.size(), " packed constants are of no step");
  return plan;
}

std::string Plan::Describe() const {
  std::string out;
  const auto names = [&](const std::vector<SlotId>& slots) {
    std::string list;
    for (SlotId s : slots) list += Str(list.empty() ? "" : ", ", s == kNone ? "_" : Quote(values[s].name));
    return list;
  };
  constexpr std::string_view kKinds[] = {"call", "copy", "move", "branch", "jump"};
  for (size_t i = 0; i < steps.size(); ++i) {
    const Step& s = steps[i];
    out += Str(i, ": ", kKinds[static_cast<int>(s.kind)]);
    if (s.kind == Step::Kind::kCall)
      out += Str(" ", OpName(*s.node), s.node->epilogue.empty() ? "" : Str(" + ", s.node->epilogue), " by ",
                 s.tactic ? s.tactic->name : "reference", s.layout == Layout::kPlain ? "" : Str(", ", Name(s.layout)));
    out += Str(" (", names(s.in), s.epilogue_in.empty() ? "" : Str(" | ", names(s.epilogue_in)), ") -> ", names(s.out));
    if (s.kind == Step::Kind::kBranchIfFalse || s.kind == Step::Kind::kJump) out += Str(" to ", s.target);
    if (s.in_place != kNone) out += " in place";
    out += "\n";
  }
  return out;
}

}  // namespace hasten
