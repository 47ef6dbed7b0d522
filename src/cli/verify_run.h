// The run of `hasten run --verify`.
#pragma once
#include "cli/report.h"
#include "engine/session.h"

namespace hasten::cli {

// One run whose every step is held to its reference.  Its outputs; an error names the first step that is too far.
Result<std::vector<Value>> VerifiedRun(Session* session, std::span<const Value> inputs, uint64_t seed, Report* report);

}  // namespace hasten::cli
