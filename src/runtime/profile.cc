#include "runtime/profile.h"

#include "runtime/step_cost.h"

namespace hasten {

void Profile::Before(const Step&, size_t, const KernelCall&) { start_ = std::chrono::steady_clock::now(); }

Status Profile::After(const Step& step, size_t index, const KernelCall& call) {
  Entry& e = entries_[index];
  e.nanoseconds += std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start_).count();
  if (e.runs++ > 0) return {};
  const StepCost cost = CostOf(step, call);
  e.flops = cost.flops;
  e.bytes = cost.bytes;
  return {};
}

}  // namespace hasten
