// What a step that has run did.
#pragma once
#include "plan/plan.h"

namespace hasten {

struct StepCost {
  double flops = 0;  // as the op counts them; one per output element where it does not
  double bytes = 0;  // of all operands, as they lie in memory
};
StepCost CostOf(const Step& step, const KernelCall& call);

}  // namespace hasten
