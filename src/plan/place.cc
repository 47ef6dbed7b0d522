#include "plan/place.h"

#include <map>

namespace hasten {

Device* DeviceNamed(const PlanOptions& options, std::string_view name) {
  for (Device* d : options.devices)
    if (d->name() == name) return d;
  return nullptr;
}

namespace {

// Copies of values in other places, reused until the value is written again.
class Placer {
 public:
  Placer(Plan* plan, const PlanOptions& options) : plan_(*plan), options_(options) {}

  void Run() {
    std::vector<Step> old = std::move(plan_.steps);
    std::vector<uint32_t> moved_to(old.size() + 1);
    for (uint32_t i = 0; i < old.size(); ++i) {
      if (IsTarget(old, i)) copies_.clear();  // reached from elsewhere: nothing is known to be there
      moved_to[i] = static_cast<uint32_t>(plan_.steps.size());
      Device* device = old[i].tactic ? DeviceNamed(options_, old[i].tactic->device) : nullptr;
      old[i].device = device;
      const Place place = device ? device->place() : Place{};
      for (auto* list : {&old[i].in, &old[i].epilogue_in})
        for (SlotId& s : *list) s = InPlace(s, place, device);
      for (SlotId& s : old[i].out) s = Produced(s, place, device);
      plan_.steps.push_back(std::move(old[i]));
      for (auto& [device_slot, host_slot, d] : back_) Copy(device_slot, host_slot, d);
      back_.clear();
    }
    moved_to[old.size()] = static_cast<uint32_t>(plan_.steps.size());
    for (Step& step : plan_.steps)
      if (step.kind == Step::Kind::kBranchIfFalse || step.kind == Step::Kind::kJump)
        step.target = moved_to[step.target];
  }

 private:
  static bool IsTarget(const std::vector<Step>& steps, uint32_t i) {
    for (const Step& s : steps)
      if ((s.kind == Step::Kind::kBranchIfFalse || s.kind == Step::Kind::kJump) && s.target == i) return true;
    return false;
  }
  void Copy(SlotId from, SlotId to, Device* device) {
    Step step;
    step.kind = Step::Kind::kCopy;
    step.in = {from};
    step.out = {to};
    step.device = device;
    step.where = Str("copy of ", Quote(plan_.values[from].name));
    plan_.steps.push_back(std::move(step));
  }
  SlotId InPlace(SlotId s, Place place, Device* device) {
    if (s == kNone || plan_.values[s].place == place) return s;
    const auto key = std::make_pair(s, place.device);
    if (const auto it = copies_.find(key); it != copies_.end()) return it->second;
    const PlannedValue& v = plan_.values[s];
    plan_.values.push_back(
        {.name = v.name, .graph = v.graph, .value = v.value, .storage = Storage::kArena, .place = place});
    const auto copy = static_cast<SlotId>(plan_.values.size() - 1);
    Copy(s, copy, device);
    return copies_[key] = copy;
  }
  // Values keep their slot on the host, where outputs, other steps and messages find them; a device step writes a twin
  // which is copied back.
  SlotId Produced(SlotId s, Place place, Device* device) {
    if (s == kNone) return s;
    std::erase_if(copies_, [&](const auto& c) { return c.first.first == s; });
    if (place == Place{}) return s;
    const PlannedValue& v = plan_.values[s];
    plan_.values.push_back(
        {.name = v.name, .graph = v.graph, .value = v.value, .storage = Storage::kArena, .place = place});
    const auto twin = static_cast<SlotId>(plan_.values.size() - 1);
    copies_[{s, place.device}] = twin;
    back_.push_back({twin, s, device});
    return twin;
  }

  Plan& plan_;
  const PlanOptions& options_;
  std::map<std::pair<SlotId, uint8_t>, SlotId> copies_;
  std::vector<std::tuple<SlotId, SlotId, Device*>> back_;
};

}  // namespace

Status AssignPlaces(Plan* plan, const PlanOptions& options) {
  if (!options.devices.empty()) Placer(plan, options).Run();
  return {};
}

}  // namespace hasten
