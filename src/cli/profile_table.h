// The table of `hasten run --profile`.
#pragma once
#include "cli/report.h"
#include "runtime/profile.h"

namespace hasten::cli {

void ReportProfile(const Plan& plan, const Profile& profile, Report* report);

}  // namespace hasten::cli
