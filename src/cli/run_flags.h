// The options of `hasten run`.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/formats/file_bytes.h"
#include "cli/image_recipe.h"
#include "cli/plan_flags.h"

namespace hasten::cli {

struct RunFlags {
  std::string model;
  // Input
  std::vector<std::string> inputs;  // [NAME=]FILE
  std::vector<std::string> images;  // [NAME=]FILE
  std::string input_dir;
  std::vector<std::string> shapes;  // NAME=DIMS
  uint64_t seed = 0;
  std::optional<DType> raw_dtype;
  std::optional<int64_t> sample_rate;
  ImageSettings image;
  // Output
  std::vector<std::string> outputs;  // [NAME=]FILE
  std::string output_dir, output_format = "npy";
  std::string draw;
  std::optional<double> score_threshold;
  double iou_threshold = 0.45;
  std::string labels;
  std::optional<int64_t> top;
  bool no_softmax = false;
  bool json = false, quiet = false;
  // Check
  std::string check;
  double relative = 1e-3, absolute = 1e-7;
  // Run
  std::optional<int64_t> repeat, warmup;
  bool reference = false, profile = false;
  bool verify = false, verify_plan = false;
  std::string trace;
  PlanFlags plan;

  ReadLimits Limits() const { return plan.max_memory ? ReadLimits{.decoded_bytes = *plan.max_memory} : ReadLimits{}; }
};

void AddRunFlags(CLI::App* app, RunFlags* flags);

}  // namespace hasten::cli
