#include "plan/choose.h"

#include <algorithm>
#include <unordered_map>

#include "plan/layout_search.h"
#include "plan/measure.h"
#include "plan/place.h"

namespace hasten {
namespace {

bool TakesState(const Plan& plan, const Step& step) {
  for (SlotId s : step.in)
    if (s != kNone && plan.values[s].storage == Storage::kState) return true;
  return false;
}

bool Applies(const Tactic& t, const PlanCall& call, const PlanOptions& options) {
  if (!t.Serves(call.node->op->name) || !Available(t.isa) || t.numerics > options.numerics) return false;
  if (t.device != "cpu" && !DeviceNamed(options, t.device)) return false;
  if (call.state && !t.takes_state) return false;
  if (!call.node->epilogue.empty() && !t.fuses_epilogue) return false;
  return !t.supports || t.supports(call);
}

double Bytes(std::span<const Type> types) {
  double bytes = 0;
  for (const Type& t : types)
    if (const auto dims = t.is_tensor() ? t.shape.Concrete() : std::nullopt)
      bytes += static_cast<double>(BytesFor(t.dtype, dims->elements()));
  return bytes;
}

// The cost model: operations at the tactic's assumed speed, or bytes at a memory's, whichever is more.
double Estimate(const Tactic* tactic, const StepFacts& facts) {
  constexpr double kReferenceSpeed = 0.1, kBytesPerNanosecond = 8, kCall = 200;
  double flops = 1;
  const OpDef& op = *facts.call.node->op;
  if (facts.concrete()) {
    if (op.flops) {
      flops = op.flops({facts.real_in, facts.real_out, &facts.call.node->attrs});
    } else if (!facts.real_out.empty() && facts.real_out[0].is_tensor()) {
      flops = static_cast<double>(facts.real_out[0].shape.Concrete()->elements());
    }
  }
  const double bytes = Bytes(facts.real_in) + Bytes(facts.real_out) + Bytes(facts.real_epilogue);
  const double share = tactic && tactic->share ? tactic->share(facts.call) : 1;
  const double speed = tactic ? tactic->speed * share : kReferenceSpeed;
  return kCall + std::max(flops / speed, bytes / kBytesPerNanosecond);
}

// The built-in tactics that serve an op, in their order.
std::span<const Tactic* const> BuiltInTacticsFor(std::string_view op) {
  static const auto* const by_op = [] {
    auto* map = new std::unordered_map<std::string_view, std::vector<const Tactic*>>;
    for (const Tactic* t : BuiltInTactics())
      for (std::string_view served : t->ops) (*map)[served].push_back(t);
    return map;
  }();
  const auto it = by_op->find(op);
  return it == by_op->end() ? std::span<const Tactic* const>() : it->second;
}

// All ways to compute a step, the reference last.
std::vector<Candidate> CandidatesOf(StepFacts* facts, const PlanOptions& options) {
  std::vector<Candidate> out;
  for (const auto& list : {options.tactics, BuiltInTacticsFor(facts->call.node->op->name)})
    for (const Tactic* t : list) {
      const int variants = std::max<int>(1, static_cast<int>(t->variants.size()));
      for (int v = 0; v < variants; ++v)
        for (Layout layout : {Layout::kPlain, Layout::kChannelsLast})
          if (Computes({t, v, layout}, facts, options)) out.push_back({t, v, layout, Estimate(t, *facts), false});
      // The caller's own tactics come first: one that applies ends the search.
      if (!out.empty() && list.data() == options.tactics.data() && !options.tactics.empty()) return out;
    }
  out.push_back({nullptr, 0, Layout::kPlain, Estimate(nullptr, *facts), false});
  return out;
}

constexpr double kFactors[] = {0, 1.5, 2, 4, 16, 1e300};

// Times the promising candidates.  The estimates of the rest grow by what was wrong with those, so that none beats a
// measured one on a guess.
void TimeCandidates(StepFacts* facts, int level, Timer* timer, std::vector<Candidate>* candidates) {
  double best = 1e300;
  size_t tactics = 0;
  for (const Candidate& c : *candidates)
    if (c.tactic) best = std::min(best, c.nanoseconds), ++tactics;
  if (tactics < 2) return;  // nothing to choose from: the reference is never chosen over a tactic
  double wrong = 1;         // how much longer than estimated the measured ones take, at the least
  bool any = false;
  for (Candidate& c : *candidates) {
    if (!c.tactic || c.tactic->device != "cpu" || c.nanoseconds > best * kFactors[level]) continue;
    facts->Call(c.variant, c.layout);
    if (const auto time = timer->Time(c, *facts)) {
      wrong = any ? std::min(wrong, *time / c.nanoseconds) : *time / c.nanoseconds;
      any = true;
      c.nanoseconds = *time;
      c.measured = true;
    }
  }
  for (Candidate& c : *candidates)
    if (!c.measured) c.nanoseconds *= std::max(1.0, wrong);
}

std::string NameOf(const Candidate& c) {
  if (!c.tactic) return "reference";
  return Str(c.tactic->name,
             c.tactic->variants.empty() ? "" : Str(" ", c.tactic->variants[static_cast<size_t>(c.variant)]),
             c.layout == Layout::kPlain ? "" : Str(", ", Name(c.layout)));
}

void Record(Plan* plan, uint32_t index, const std::vector<Candidate>& candidates, const Candidate& pick) {
  Decision d{index, plan->steps[index].where, {}};
  for (const Candidate& c : candidates) {
    const bool picked = c.tactic == pick.tactic && c.variant == pick.variant && c.layout == pick.layout;
    d.options.push_back({NameOf(c), c.nanoseconds, c.measured, picked});
  }
  plan->decisions.push_back(std::move(d));
}

}  // namespace

const PlanCall& StepFacts::Call(int variant, Layout layout) {
  call.in = in;
  call.out = out;
  call.epilogue_in = epilogue_in;
  call.constants = constants;
  call.variant = variant;
  call.layout = layout;
  return call;
}

bool StepFacts::concrete() const {
  for (const auto* list : {&real_in, &real_out, &real_epilogue})
    for (const Type& t : *list)
      if (t.known() && (!t.is_tensor() || !t.shape.is_const())) return false;
  return !real_out.empty() && real_out[0].is_tensor();
}

PlanShapes::PlanShapes(const Plan& plan, const PlanOptions& options)
    : plan_(plan), inference_({.fold_small = true, .use_graph_types = false}) {
  const Graph& graph = plan.model->graph;
  const auto is_fixed = [&](ValueId v) {
    return graph.value(v).type.is_tensor() && graph.value(v).type.shape.is_const();
  };
  are_fixed_ = options.shapes.empty() && std::all_of(graph.inputs.begin(), graph.inputs.end(), is_fixed);
  if (are_fixed_) return;
  for (ValueId v : graph.inputs) {
    Type type = graph.value(v).type;
    const auto given = options.shapes.find(graph.value(v).name);
    if (given != options.shapes.end()) {
      type.shape = Shape(given->second);
    } else if (type.is_tensor() && type.shape.ranked()) {
      for (Dim& d : type.shape.dims())
        if (!d.is_const()) d = 1;
    }
    inference_.Set(&graph, v, {type, {}, {}});
  }
  // Where these dims cannot be, what was inferred so far counts, and the rest has no real shape.
  if (!inference_.Run(graph).ok()) return;
}

namespace {

// Where the type of a step's operand is inferred: at its slot; a value that a loop carries has no type of its own, what
// the body knows of it counts.
struct TypedAt {
  const Graph* graph = nullptr;
  ValueId value = kNone;
};
TypedAt OperandAt(const Plan& plan, const Step& step, SlotId s, size_t input) {
  const PlannedValue& v = plan.values[s];
  if (v.graph || v.storage == Storage::kConstant || !step.graph) return {v.graph, v.value};
  return {step.graph, step.node->inputs[input]};
}

// Types of a step's operands and outputs; `type_of` tells them where they are inferred.
template <class F>
void ListTypes(const Plan& plan, const Step& step, const F& type_of, std::vector<Type>* in, std::vector<Type>* out,
               std::vector<Type>* epilogue_in) {
  const auto operand = [&](SlotId s, size_t input) {
    return s == kNone ? Type() : type_of(plan.values[s], OperandAt(plan, step, s, input));
  };
  for (size_t i = 0; i < step.in.size(); ++i) in->push_back(operand(step.in[i], i));
  for (SlotId s : step.out)
    out->push_back(s == kNone ? Type() : type_of(plan.values[s], {plan.values[s].graph, plan.values[s].value}));
  for (size_t i = 0; i < step.epilogue_in.size(); ++i)
    epilogue_in->push_back(operand(step.epilogue_in[i], step.in.size() + i));
}

}  // namespace

StepFacts GraphFacts(const Plan& plan, const Step& step) {
  StepFacts f;
  ListTypes(
      plan, step,
      [](const PlannedValue& v, TypedAt at) {
        if (v.storage == Storage::kConstant && !at.graph) return Type::Tensor(v.constant.dtype, v.constant.dims);
        return at.graph ? at.graph->value(at.value).type : Type();
      },
      &f.in, &f.out, &f.epilogue_in);
  for (SlotId s : step.in)
    f.constants.push_back(s != kNone && plan.values[s].storage == Storage::kConstant ? &plan.values[s].constant
                                                                                     : nullptr);
  const auto untyped = [&](SlotId s) {
    return s != kNone && !plan.values[s].graph && plan.values[s].storage != Storage::kConstant;
  };
  f.plain = std::any_of(step.in.begin(), step.in.end(), untyped) ||
            std::any_of(step.epilogue_in.begin(), step.epilogue_in.end(), untyped);
  f.call.node = step.node;
  f.call.state = TakesState(plan, step);
  return f;
}

StepFacts PlanShapes::FactsOf(const Step& step) const {
  StepFacts f = GraphFacts(plan_, step);
  if (are_fixed_) {
    f.real_in = f.in;
    f.real_out = f.out;
    f.real_epilogue = f.epilogue_in;
    return f;
  }
  ListTypes(
      plan_, step,
      [&](const PlannedValue& v, TypedAt at) {
        if (v.storage == Storage::kConstant) return Type::Tensor(v.constant.dtype, v.constant.dims);
        return at.graph ? inference_.Get(at.graph, at.value).type : Type();
      },
      &f.real_in, &f.real_out, &f.real_epilogue);
  return f;
}

bool Computes(const Choice& choice, StepFacts* facts, const PlanOptions& options) {
  const Tactic& t = *choice.tactic;
  const bool last = choice.layout == Layout::kChannelsLast;
  if (!last && choice.layout != Layout::kPlain) return false;
  if (last && facts->plain) return false;
  if (last ? t.layouts == Layouts::kPlain : t.layouts == Layouts::kChannelsLast) return false;
  if (choice.variant < 0 || choice.variant >= std::max<int>(1, static_cast<int>(t.variants.size()))) return false;
  const Type& y = facts->out.empty() ? Type() : facts->out[0];
  if (last && (!y.is_tensor() || !y.shape.ranked() || y.shape.rank() < 3)) return false;
  return Applies(t, facts->Call(choice.variant, choice.layout), options);
}

void Choose(Plan* plan, uint32_t step, const Choice& choice) {
  const Step& s = plan->steps[step];
  plan->choices[step] = {choice.tactic, choice.variant, choice.layout, s.where, s.key};
  plan->steps[step].tactic = choice.tactic;
  plan->steps[step].variant = choice.variant;
  plan->steps[step].layout = choice.layout;
}

bool FollowsLayout(const Tactic& tactic, Layout layout, int input, int rank) {
  if (layout != Layout::kChannelsLast || rank < 3) return false;
  return input < 0 || (input < 32 && (tactic.layout_inputs >> input & 1));
}

Status ChooseTactics(Plan* plan, const PlanOptions& options) {
  if (options.references_only) return {};
  const PlanShapes shapes(*plan, options);
  TimingCache cache =
      options.level > 0 && !options.timing_cache.empty() ? TimingCache::Load(options.timing_cache) : TimingCache();
  constexpr int kFinishing = 4;  // from this level on, what an earlier start had no time for is timed
  Timer timer(&cache, options.pool, options.timing_budget, options.level >= kFinishing);
  LayoutSearch search(*plan);
  std::vector<std::vector<Candidate>> all(plan->steps.size());
  for (uint32_t i = 0; i < plan->steps.size(); ++i) {
    const Step& step = plan->steps[i];
    if (step.kind != Step::Kind::kCall || !step.graph) continue;
    StepFacts facts = shapes.FactsOf(step);
    all[i] = CandidatesOf(&facts, options);
    if (options.level > 0 && facts.concrete()) TimeCandidates(&facts, std::min(options.level, 5), &timer, &all[i]);
    search.Add(i, facts, all[i]);
    if (options.progress) options.progress(i + 1, plan->steps.size());
  }
  plan->timed = timer.measured();
  // A cache that cannot be written costs time at the next start, nothing else.
  if (cache.changed() && !options.timing_cache.empty() && !cache.Save(options.timing_cache).ok())
    plan->notes.push_back(Str("the timing cache ", options.timing_cache, " cannot be written"));
  const std::vector<int> picks = search.Run();
  for (uint32_t i = 0; i < plan->steps.size(); ++i) {
    if (all[i].empty()) continue;
    const Candidate& pick = all[i][static_cast<size_t>(picks[i])];
    Choose(plan, i, {pick.tactic, pick.variant, pick.layout});
    Record(plan, i, all[i], pick);
  }
  return {};
}

}  // namespace hasten
