// The options of every command that plans a model.
#pragma once
#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "cli/plugins.h"
#include "cli/report.h"
#include "engine/session.h"

namespace hasten::cli {

struct PlanFlags {
  int64_t threads = 0;  // 0: all cores
  int64_t level = 3;
  double timing_seconds = 10;
  std::string timing_cache;  // empty: in the user's cache folder
  bool no_timing_cache = false;
  std::optional<std::string> precision;
  std::vector<std::string> without;  // rules and passes that are off
  bool no_passes = false;
  Plugins plugins;
  // Set by commands that have such options.
  std::optional<int64_t> max_memory;
  std::optional<double> timeout;
};

void AddPlanFlags(CLI::App* app, PlanFlags* flags);

// Optimises and plans `model` for the shapes of `inputs` (empty: open dims count as 1), reporting plan_ms and what was
// timed.  keep_weights: as SessionOptions has it.
Result<std::unique_ptr<Session>> PlanSession(const PlanFlags& flags, std::shared_ptr<Model> model,
                                             std::span<const Value> inputs, bool keep_weights, Report* report);
// The session of a plan file, reporting whether it was planned again, and if so, what was timed.
Result<std::unique_ptr<Session>> LoadPlannedSession(const PlanFlags& flags, const PlanFile& file, Report* report);

}  // namespace hasten::cli
