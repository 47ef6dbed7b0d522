// A model loaded, given its inputs and planned for them: what every command that runs one begins with.
#pragma once
#include "cli/inputs.h"

namespace hasten::cli {

struct PlannedModel {
  std::unique_ptr<Session> session;
  std::vector<Value> inputs;            // in the model's order
  std::vector<PlacedPicture> pictures;  // that inputs show
};
Result<PlannedModel> LoadAndPlan(const RunFlags& flags, bool keep_weights, Report* report);

}  // namespace hasten::cli
