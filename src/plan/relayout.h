// Makes the layouts that were chosen true: reorders between steps, and weights packed.
#pragma once
#include "plan/choose.h"

namespace hasten {

// Inserts Reorder steps where a step needs a value in another layout than it lies in, and gives channels-last values
// slots of their own.
Status InsertReorders(Plan* plan, const PlanOptions& options);
// Replaces constants by what the steps' tactics pack, and misaligned ones that a tactic reads by aligned copies.
// `stored` (null: none) are what was packed before, in the order of the steps; those taken are dropped from the span.
Status PackConstants(Plan* plan, const PlanOptions& options, std::span<const Tensor>* stored);

}  // namespace hasten
