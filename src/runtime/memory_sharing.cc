#include "runtime/memory_sharing.h"

#include "ops/concat.h"
#include "ops/split.h"

namespace hasten {
namespace {


// Whether nothing is gone through more than once: lifetimes are ranges of steps then.
bool IsStraight(const Plan& plan) {
  for (uint32_t i = 0; i < plan.steps.size(); ++i)
    if (plan.steps[i].kind == Step::Kind::kJump && plan.steps[i].target <= i) return false;
  return true;
}

// Whether parts along the axis lie one behind the other in the whole.
bool LiesInParts(const Dims& whole, int64_t axis) {
  const int rank = whole.rank();
  if (axis < -rank || axis >= rank) return false;
  return whole.Product(0, static_cast<int>(axis < 0 ? axis + rank : axis)) == 1;
}

}  // namespace

MemorySharing::MemorySharing(const Plan& plan, const BoundPlan& bound)
    : plan_(plan), bound_(bound), lodgings_(plan.values.size()), guests_(plan.values.size()) {
  for (SlotId s = 0; s < plan.values.size(); ++s) {
    const PlannedValue& v = plan.values[s];
    if (v.storage == Storage::kArena && bound.has_fixed[s] && v.place == Place{})
      lodgings_[s] = {s, 0, v.first, v.last};
  }
  const bool straight = IsStraight(plan);
  for (uint32_t i = 0; i < plan.steps.size(); ++i) {
    const Step& step = plan.steps[i];
    if (step.in_place != kNone) Overwrite(step);
    if (!straight || bound.steps[i].dynamic || !step.tactic || !step.tactic->in_place || step.layout != Layout::kPlain)
      continue;
    if (step.node->op->name == "Concat") JoinParts(i);
    if (step.node->op->name == "Split") CutParts(i);
  }
}

void MemorySharing::Move(SlotId s, SlotId to, int64_t offset) {
  const Lodging from = lodgings_[s];  // a host
  Lodging& host = lodgings_[lodgings_[to].host];
  offset += lodgings_[to].offset;
  host.first = std::min(host.first, from.first);
  host.last = std::max(host.last, from.last);
  std::vector<SlotId> moving = std::exchange(guests_[s], {});
  moving.push_back(s);
  for (const SlotId guest : moving) {
    lodgings_[guest].host = host.host;
    lodgings_[guest].offset += offset;
    guests_[host.host].push_back(guest);
  }
}

// An output takes its input's memory when the bytes agree.
void MemorySharing::Overwrite(const Step& step) {
  const SlotId input = step.in_place, output = step.out[0];
  if (!in_arena(input) || !in_arena(output)) return;
  const Tensor &from = bound_.fixed[input], &to = bound_.fixed[output];
  if (from.dtype != to.dtype || from.bytes() != to.bytes()) return;
  if (!step.node->op->traits.metadata_only && !(from.dims == to.dims)) return;
  Move(output, input, 0);
}

bool MemorySharing::EndsAt(SlotId s, uint32_t index) const { return lodgings_[lodgings_[s].host].last <= index; }

void MemorySharing::JoinParts(uint32_t index) {
  const Step& step = plan_.steps[index];
  const SlotId whole = step.out[0];
  const auto axis = step.node->attrs.as<ConcatAttrs>().axis;
  if (whole == kNone || !in_arena(whole) || plan_.values[whole].first != index || !axis ||
      !LiesInParts(bound_.fixed[whole].dims, *axis))
    return;
  int64_t at = 0;
  for (const SlotId s : step.in) {
    if (s == kNone || !bound_.has_fixed[s]) return;  // where the next ones begin is not known
    const int64_t bytes = bound_.fixed[s].bytes();
    // Alone in memory of its own, which moves into the whole.
    if (in_arena(s) && lodgings_[s].host != lodgings_[whole].host && EndsAt(s, index) && at % kArenaAlignment == 0 &&
        bound_.fixed[lodgings_[s].host].bytes() == bytes && lodgings_[s].offset == 0)
      Move(lodgings_[s].host, whole, at);
    at += bytes;
  }
}

void MemorySharing::CutParts(uint32_t index) {
  const Step& step = plan_.steps[index];
  const SlotId whole = step.in[0];
  if (whole == kNone || !in_arena(whole) || !EndsAt(whole, index) ||
      !LiesInParts(bound_.fixed[whole].dims, step.node->attrs.as<SplitAttrs>().axis))
    return;
  int64_t at = 0;
  for (const SlotId s : step.out) {
    if (s == kNone || !bound_.has_fixed[s]) return;
    if (in_arena(s) && plan_.values[s].first == index && at % kArenaAlignment == 0) Move(s, whole, at);
    at += bound_.fixed[s].bytes();
  }
}

}  // namespace hasten
