// The file of `hasten run --trace`.
#pragma once
#include <string>

#include "cli/report.h"
#include "runtime/trace.h"

namespace hasten::cli {

// A run's begin and end on the trace's clock.
struct TracedRun {
  int64_t begin = 0, end = 0;
};

Status WriteTrace(const Plan& plan, const Trace& trace, std::span<const TracedRun> runs, const std::string& path,
                  Report* report);

}  // namespace hasten::cli
