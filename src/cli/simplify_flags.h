// The options of `hasten simplify`: those of onnxsim, and ours.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "ir/graph.h"

namespace hasten::cli {

struct SimplifyFlags {
  std::string from, to;
  // Check
  int64_t check_n = 1;
  bool asked_to_check = false;  // then a model that cannot be run is an error
  std::optional<double> rtol;
  double atol = 1e-5;
  std::vector<std::string> input_files, test_shapes;
  std::string fill = "random";
  uint64_t seed = 0;
  // Graph
  std::vector<std::string> off;  // rules and passes of ours
  bool no_passes = false;
  std::vector<std::string> shapes, unused_outputs;
  std::optional<int64_t> largest_made;  // bytes that a folded node may add
  bool keep_defaults = false, weights_vary = false;
  std::string precision = "strict";
  bool contrib = false;
  // File
  std::optional<int> opset;
  bool external = false;
  std::optional<int64_t> external_threshold;
  // Report
  std::string report;
  bool json = false, quiet = false;
};

// Flags of onnxsim that ask for something else than a simpler model end the parse as wrong usage, by name.
void AddSimplifyFlags(CLI::App* app, SimplifyFlags* flags);

}  // namespace hasten::cli
