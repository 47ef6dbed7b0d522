// Which tactic computes a step, where its values lie, and the copies that follow from it.
#pragma once
#include "plan/plan.h"

namespace hasten {

Status ChooseTactics(Plan* plan, const PlanOptions& options);
// Gives every value its place and inserts Copy steps where a step needs a value elsewhere.
Status AssignPlaces(Plan* plan, const PlanOptions& options);

}  // namespace hasten
