// What is done with the outputs of a run: shown, ranked, written, compared.
#pragma once
#include <vector>

#include "cli/report.h"
#include "cli/run_flags.h"
#include "engine/session.h"

namespace hasten::cli {

// Shows the best classes where the flags ask for them or a picture was classified, else each output in a line or two.
Status ShowOutputs(const RunFlags& flags, const Session& session, std::span<const Value> outputs, bool pictured,
                   Report* report);
// Into flags.output_dir.
Status WriteOutputs(const RunFlags& flags, const Session& session, std::span<const Value> outputs, Report* report);
// With the files of flags.check.  Every output is compared and reported before a difference becomes an error.
Status CheckOutputs(const RunFlags& flags, const Session& session, std::span<const Value> outputs, Report* report);

}  // namespace hasten::cli
