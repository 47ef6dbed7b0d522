// Which tactic computes each step, in which layout: candidates, their costs, and the choice.
#pragma once
#include "base/thread_pool.h"
#include "ops/infer.h"
#include "plan/plan.h"

namespace hasten {

// One way to compute a step.
struct Candidate {
  const Tactic* tactic = nullptr;  // null: the reference
  int variant = 0;
  Layout layout = Layout::kPlain;
  double nanoseconds = 0;
  bool measured = false;
};

// What a tactic sees of a step at plan time, and what its cost is worked out for.
struct StepFacts {
  std::vector<Type> in, out, epilogue_in;              // as the graph has them, perhaps symbolic
  std::vector<Type> real_in, real_out, real_epilogue;  // for the shapes the plan is optimised for
  std::vector<const Tensor*> constants;
  bool plain = false;  // some operand can only lie plain: what a loop carries
  PlanCall call;  // points into the lists above once Call() was called
  const PlanCall& Call(int variant, Layout layout);
  bool concrete() const;  // all real types are
};

// What the graph itself says of a step: real types stay unknown.
StepFacts GraphFacts(const Plan& plan, const Step& step);

// Whether a tactic computes the step in this way.
bool Computes(const Choice& choice, StepFacts* facts, const PlanOptions& options);

// Types of all values for the shapes that options.shapes gives; dims it leaves open count as 1.
class PlanShapes {
 public:
  PlanShapes(const Plan& plan, const PlanOptions& options);
  StepFacts FactsOf(const Step& step) const;

 private:
  const Plan& plan_;
  bool are_fixed_ = false;  // by the model: the graph's types are the real ones
  Inference inference_;
};

// Fills tactic, variant and layout of every call, plan->choices and plan->decisions.
Status ChooseTactics(Plan* plan, const PlanOptions& options);
// What ChooseTactics leaves in the steps.
void Choose(Plan* plan, uint32_t step, const Choice& choice);

// Whether, in a step of this layout, an operand of this rank is channels last: input i, or -1 for output 0 and the
// epilogue's operands.
bool FollowsLayout(const Tactic& tactic, Layout layout, int input, int rank);

}  // namespace hasten
