// `hasten run --draw`.
#pragma once
#include "cli/image_input.h"
#include "cli/report.h"
#include "cli/run_flags.h"
#include "engine/session.h"

namespace hasten::cli {

// Says what the outputs show on the pictures, and writes these with it: to flags.draw, or where there are several, to
// STEM_0.png, STEM_1.png, ...
Status DrawDetections(const RunFlags& flags, const Session& session, std::span<const Value> outputs,
                      std::span<const PlacedPicture> pictures, Report* report);

}  // namespace hasten::cli
