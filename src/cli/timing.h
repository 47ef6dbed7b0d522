// Runs a session, and says how long that took.
#pragma once
#include <vector>

#include "cli/report.h"
#include "cli/run_flags.h"
#include "engine/session.h"

namespace hasten::cli {

// Of a sorted, non-empty list, linear between its elements; `part` in [0, 1].
double Quantile(std::span<const double> sorted, double part);

// Warm-up, then timed runs as the flags ask for them.  Reports the latency and returns the last run's outputs,
// which are in `memory` (null: the heap).
Result<std::vector<Value>> TimedRuns(const RunFlags& flags, Session* session, std::span<const Value> inputs,
                                     Allocator* memory, Report* report);

}  // namespace hasten::cli
