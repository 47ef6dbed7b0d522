// The run of `hasten run --verify`.
#pragma once
#include "cli/report.h"
#include "cli/run_flags.h"
#include "engine/session.h"

namespace hasten::cli {

// One run whose every step is held to its reference.  Its outputs; an error names the first step that is too far.
Result<std::vector<Value>> VerifiedRun(const RunFlags& flags, Session* session, std::span<const Value> inputs,
                                       Report* report);

}  // namespace hasten::cli
