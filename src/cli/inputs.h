// The inputs of one run, from wherever the options say.
#pragma once
#include <vector>

#include "cli/image_input.h"
#include "cli/report.h"
#include "cli/run_flags.h"
#include "engine/session.h"

namespace hasten::cli {

// In the model's order.  What was done is said in `report`, and where pictures lie in `pictures`, unless null.
Result<std::vector<Value>> GatherInputs(const RunFlags& flags, const Session& session, Report* report,
                                        std::vector<PlacedPicture>* pictures = nullptr);

}  // namespace hasten::cli
