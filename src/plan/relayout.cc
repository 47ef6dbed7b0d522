#include "plan/relayout.h"

#include "ops/reorder.h"
#include "plan/place.h"
#include "tensor/alignment.h"

namespace hasten {
namespace {

// Walks the steps in order and keeps track of which values exist plain, channels last, or both.
class Relayouter {
 public:
  Relayouter(Plan* plan, const Tactic* reorder) : plan_(*plan), reorder_(reorder) {}

  Status Run() {
    std::vector<Step> old = std::move(plan_.steps);
    plan_.steps.clear();
    std::vector<bool> target(old.size() + 1);
    for (const Step& s : old)
      if (IsControl(s)) target[s.target] = true;
    FindLastReads(old);
    std::vector<uint32_t> moved_to(old.size() + 1);
    for (uint32_t i = 0; i < old.size(); ++i) {
      // Where control flow meets or parts, everything that will be read is plain.
      if (target[i] || IsControl(old[i])) HASTEN_TRY(MakeAllPlain(i));
      moved_to[i] = static_cast<uint32_t>(plan_.steps.size());
      HASTEN_TRY(Place(std::move(old[i])));
    }
    moved_to[old.size()] = static_cast<uint32_t>(plan_.steps.size());
    for (Step& s : plan_.steps)
      if (IsControl(s)) s.target = moved_to[s.target];
    return {};
  }

 private:
  struct Twin {
    SlotId slot = kNone;
    bool plain = false;  // the value exists plain too
  };
  static bool IsControl(const Step& s) { return s.kind == Step::Kind::kBranchIfFalse || s.kind == Step::Kind::kJump; }

  // The last step that reads each slot; any later one may, where steps are jumped back to.
  void FindLastReads(const std::vector<Step>& steps) {
    last_read_.assign(plan_.values.size(), 0);
    bool loops = false;
    for (uint32_t i = 0; i < steps.size(); ++i) {
      loops |= IsControl(steps[i]) && steps[i].target <= i;
      for (const auto* list : {&steps[i].in, &steps[i].epilogue_in})
        for (SlotId s : *list)
          if (s != kNone) last_read_[s] = i;
    }
    if (loops) last_read_.assign(plan_.values.size(), kNone);
  }

  int RankOf(SlotId s) const {
    const PlannedValue& v = plan_.values[s];
    if (v.storage == Storage::kConstant) return v.constant.dims.rank();
    if (!v.graph) return 0;
    const Type& type = v.graph->value(v.value).type;
    return type.is_tensor() && type.shape.ranked() ? type.shape.rank() : 0;
  }

  Status Place(Step step) {
    const auto follows = [&](SlotId s, int input) {
      return step.tactic && FollowsLayout(*step.tactic, step.layout, input, RankOf(s));
    };
    for (size_t i = 0; i < step.in.size(); ++i)
      if (step.in[i] != kNone) HASTEN_TRY(Read(&step.in[i], follows(step.in[i], static_cast<int>(i)), &step));
    for (SlotId& s : step.epilogue_in)
      if (s != kNone) HASTEN_TRY(Read(&s, follows(s, -1), &step));
    for (SlotId s : step.out)
      if (s != kNone) twins_.erase(s);
    const SlotId plain = step.out.empty() ? kNone : step.out[0];
    const bool last = plain != kNone && follows(plain, -1);
    if (last) step.out[0] = NewTwin(plain);
    plan_.steps.push_back(std::move(step));
    if (!last) return {};
    twins_[plain] = {plan_.steps.back().out[0], false};
    return plan_.values[plain].storage == Storage::kOutput ? MakePlain(plain) : Status();
  }

  SlotId NewTwin(SlotId s) {
    const PlannedValue& v = plan_.values[s];
    plan_.values.push_back({.name = v.name,
                            .graph = v.graph,
                            .value = v.value,
                            .storage = Storage::kArena,
                            .place = v.place,
                            .layout = Layout::kChannelsLast});
    return static_cast<SlotId>(plan_.values.size() - 1);
  }

  Status Read(SlotId* s, bool last, Step*) {
    const auto twin = twins_.find(*s);
    if (!last) return twin != twins_.end() && !twin->second.plain ? MakePlain(*s) : Status();
    if (twin != twins_.end()) {
      *s = twin->second.slot;
      return {};
    }
    const SlotId plain = *s;
    if (plan_.values[plain].storage == Storage::kConstant) {
      HASTEN_ASSIGN(*s, ReorderedConstant(plain));
    } else {
      *s = NewTwin(plain);
      Reorder(plain, *s, Layout::kChannelsLast);
    }
    twins_[plain] = {*s, true};
    return {};
  }

  Status MakePlain(SlotId s) {
    Twin& twin = twins_[s];
    Reorder(twin.slot, s, Layout::kPlain);
    twin.plain = true;
    return {};
  }
  Status MakeAllPlain(uint32_t at) {
    for (auto& [s, twin] : twins_)
      if (!twin.plain && last_read_[s] >= at) HASTEN_TRY(MakePlain(s));
    twins_.clear();
    return {};
  }

  void Reorder(SlotId from, SlotId to, Layout layout) {
    auto node = std::make_unique<Node>();
    node->op = &ops::kReorder;
    node->attrs = Attrs(ops::kReorder.attrs);
    node->attrs.as<ReorderAttrs>().to = static_cast<int64_t>(layout);
    node->inputs = {0};
    node->outputs = {0};
    Step step;
    step.node = node.get();
    step.tactic = reorder_;
    step.in = {from};
    step.out = {to};
    step.where = Str("reorder of ", Quote(plan_.values[from].name), " to ", Name(layout));
    plan_.own_nodes.push_back(std::move(node));
    plan_.steps.push_back(std::move(step));
  }

  Result<SlotId> ReorderedConstant(SlotId s) {
    const Tensor& from = plan_.values[s].constant;
    HASTEN_ASSIGN(Tensor to, NewTensor(from.dtype, from.dims));
    const int64_t channels = from.dims[1], pixels = from.dims.Product(2, from.dims.rank());
    for (int64_t n = 0; n < from.dims[0]; ++n)
      for (int64_t c = 0; c < channels; ++c)
        for (int64_t p = 0; p < pixels; ++p)
          CopyElements(from, (n * channels + c) * pixels + p, &to, (n * pixels + p) * channels + c, 1);
    plan_.values.push_back({.name = plan_.values[s].name,
                            .storage = Storage::kConstant,
                            .layout = Layout::kChannelsLast,
                            .constant = std::move(to)});
    return static_cast<SlotId>(plan_.values.size() - 1);
  }

  Plan& plan_;
  const Tactic* reorder_;
  std::map<SlotId, Twin> twins_;
  std::vector<uint32_t> last_read_;
};

Status AlignConstants(Plan* plan, const Step& step) {
  for (const auto* list : {&step.in, &step.epilogue_in})
    for (SlotId s : *list) {
      if (s == kNone || plan->values[s].storage != Storage::kConstant) continue;
      Tensor& t = plan->values[s].constant;
      if (!Misaligned(t)) continue;
      HASTEN_ASSIGN(t, Clone(t));
    }
  return {};
}

}  // namespace

Status InsertReorders(Plan* plan, const PlanOptions& options) {
  bool any = false;
  for (const Step& s : plan->steps) any |= s.layout != Layout::kPlain;
  if (!any) return {};
  const Tactic* reorder = nullptr;
  for (const Tactic* t : BuiltInTactics())
    if (!reorder && t->Serves(ops::kReorder.name) && Available(t->isa)) reorder = t;
  (void)options;
  HASTEN_REQUIRE(reorder, "there is no kernel that reorders values");
  return Relayouter(plan, reorder).Run();
}

namespace {

Status CheckPacked(const Tensor& is, const Type& wanted) {
  HASTEN_REQUIRE(Type::Tensor(is.dtype, is.dims) == wanted, "packed constant must be ", wanted, ", is ",
                 Type::Tensor(is.dtype, is.dims));
  return {};
}

// A step's constant as its tactic wants it: stored, or packed now.  No data: as it is.
Result<Tensor> Packed(const Tactic& tactic, const PlanCall& call, size_t input, std::span<const Tensor>* stored) {
  const Type wanted = tactic.packed_type ? tactic.packed_type(call, static_cast<int>(input)) : Type::Unknown();
  if (tactic.packed_type && !wanted.known()) return Tensor();
  Tensor packed;
  if (!stored || !wanted.known()) HASTEN_TRY(tactic.pack(call, static_cast<int>(input), &packed));
  if (stored && (wanted.known() || packed.data)) {
    HASTEN_REQUIRE(!stored->empty(), "there is no packed constant for input ", input);
    if (wanted.known()) packed = stored->front();
    *stored = stored->subspan(1);
  }
  if (wanted.known()) HASTEN_TRY(CheckPacked(packed, wanted));
  return packed;
}

// What a step keeps of its constants.
struct PackedStep {
  uint32_t index = 0;
  std::vector<std::pair<size_t, Tensor>> inputs;
  std::vector<std::byte> params;
  Status status;

  Status Make(const Plan& plan, std::span<const Tensor>* stored) {
    const Step& step = plan.steps[index];
    const Tactic& t = *step.tactic;
    StepFacts facts = GraphFacts(plan, step);
    facts.Call(step.variant, step.layout);
    for (size_t i = 0; i < step.in.size() && i < 32; ++i) {
      if (!(t.packs >> i & 1) || !facts.constants[i]) continue;
      HASTEN_ASSIGN(Tensor packed, Packed(t, facts.call, i, stored));
      if (packed.data) inputs.emplace_back(i, std::move(packed));
    }
    return t.prepare ? t.prepare(facts.call, &params) : Status();
  }

  void Store(Plan* plan) && {
    Step& step = plan->steps[index];
    step.params = std::move(params);
    for (auto& [input, packed] : inputs) {
      plan->values.push_back({.name = plan->values[step.in[input]].name,
                              .storage = Storage::kConstant,
                              .layout = Layout::kPacked,
                              .constant = std::move(packed),
                              .packed_from = step.in[input]});
      step.in[input] = static_cast<SlotId>(plan->values.size() - 1);
    }
  }
};

// The steps of a group at once, each on a thread of its own.
void MakeAll(const Plan& plan, ThreadPool* pool, std::span<PackedStep> group) {
  struct Work {
    const Plan& plan;
    std::span<PackedStep> group;
  } work{plan, group};
  const auto make = [](void* context, int64_t i, int) {
    Work& w = *static_cast<Work*>(context);
    PackedStep& step = w.group[static_cast<size_t>(i)];
    step.status = step.Make(w.plan, nullptr);
  };
  pool->Run(std::ssize(group), make, &work);
}

// Lets go of the constants whose last reader was just given its packed form.  What is small stays: inference may look
// at it.
class WeightReleaser {
 public:
  WeightReleaser(Plan* plan, const PlanOptions& options) : plan_(*plan), options_(options) {
    if (!options.release) return;
    readers_.resize(plan->values.size());
    for (const Step& step : plan->steps)
      for (const auto* list : {&step.in, &step.epilogue_in})
        for (SlotId s : *list)
          if (s != kNone) ++readers_[s];
    for (SlotId s : plan->outputs) ++readers_[s];
  }
  void Packed(SlotId from) {
    constexpr int64_t kLeastBytes = 64 << 10;
    if (!options_.release || from >= readers_.size() || --readers_[from] > 0) return;
    PlannedValue& v = plan_.values[from];
    if (!v.graph || v.constant.bytes() < kLeastBytes) return;
    v.constant.data = nullptr;
    v.constant.owner.reset();
    options_.release(v.graph, v.value);
  }

 private:
  Plan& plan_;
  const PlanOptions& options_;
  std::vector<uint32_t> readers_;
};

}  // namespace

Status PackConstants(Plan* plan, const PlanOptions& options, std::span<const Tensor>* stored) {
  WeightReleaser releaser(plan, options);
  // So few at a time that the constants of all steps are never there twice.
  const size_t most = options.pool && !stored ? static_cast<size_t>(options.pool->threads()) : 1;
  const auto packs = [](const Step& s) {
    return s.kind == Step::Kind::kCall && s.tactic && s.graph && (s.tactic->packs || s.tactic->prepare);
  };
  std::vector<PackedStep> group;
  for (uint32_t i = 0; i < plan->steps.size(); ++i) {
    if (packs(plan->steps[i])) group.emplace_back().index = i;
    if (group.size() < most && i + 1 < plan->steps.size()) continue;
    if (group.size() > 1) MakeAll(*plan, options.pool, group);
    if (group.size() == 1) group[0].status = group[0].Make(*plan, stored);
    for (PackedStep& step : group) {
      if (!step.status.ok()) return std::move(step.status).At(plan->steps[step.index].where);
      const std::vector<SlotId> before = plan->steps[step.index].in;
      const uint32_t index = step.index;
      std::move(step).Store(plan);
      for (size_t k = 0; k < before.size(); ++k)
        if (before[k] != plan->steps[index].in[k]) releaser.Packed(before[k]);
    }
    group.clear();
  }
  for (const Step& step : plan->steps)
    if (step.kind == Step::Kind::kCall && step.tactic) HASTEN_TRY(AlignConstants(plan, step));
  return {};
}

}  // namespace hasten
