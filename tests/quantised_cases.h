#pragma once
#include "tactic_cases.h"

namespace hasten {

// Calls of ops on 8-bit integers; none for other ops.
std::vector<TacticCase> QuantisedCases(std::string_view op);

}  // namespace hasten
