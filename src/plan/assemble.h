// A plan made again from the choices of an earlier one, without searching.
#pragma once
#include "plan/plan.h"

namespace hasten {

struct StoredChoices {
  std::vector<Choice> steps;   // before reorders
  std::vector<Tensor> packed;  // constants as tactics packed them, in the order of the steps that read them
};

// Nothing in `stored` is trusted: steps, slots, targets and parameters are made anew from the graph, and each choice
// and packed constant is checked.  kUnsupported: a tactic does not compute its step here, so that the model must be
// planned again; other errors: the choices are not of this graph.
Result<std::shared_ptr<Plan>> AssemblePlan(std::shared_ptr<const Model> model, const PlanOptions& options,
                                           const StoredChoices& stored);

}  // namespace hasten
