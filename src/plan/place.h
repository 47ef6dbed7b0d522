// Where values lie, and the copies that follow from it.
#pragma once
#include "plan/plan.h"

namespace hasten {

// The device of this name; null: the CPU.
Device* DeviceNamed(const PlanOptions& options, std::string_view name);
// Gives every value its place and inserts Copy steps where a step needs a value elsewhere.
Status AssignPlaces(Plan* plan, const PlanOptions& options);

}  // namespace hasten
