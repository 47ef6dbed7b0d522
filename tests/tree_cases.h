#pragma once
#include "tactic_cases.h"

namespace hasten {

// Ensembles of made-up trees for one of the three ops: all modes, rows that lie on the splits, missing values.
std::vector<TacticCase> TreeCases(std::string_view op);

}  // namespace hasten
