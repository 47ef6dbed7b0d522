// The options of `hasten surgeon`.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"

namespace hasten::cli {

struct SurgeonFlags {
  std::string operation, from, to;
  // Which part, which node
  std::vector<std::string> inputs, outputs;
  std::string node, after, by;
  std::string op, domain, name;
  std::vector<std::string> attrs, constants;
  // Weights
  std::string weights_from;
  int64_t at_least = 1024;
  bool unused_inputs = false;
  // What any operation that writes may do besides
  std::vector<std::string> mark_inputs, mark_outputs, unmark_outputs, shapes, dims, renames, node_renames;
  // File
  std::optional<int> opset;
  std::optional<int64_t> external_bytes;
  bool one_file = false;
  // Report
  bool strict = false, rules = false;
  bool json = false, quiet = false;

  bool is(std::string_view o) const { return operation == o; }
};

// An option that the operation has no use for is wrong usage.
void AddSurgeonFlags(CLI::App* app, SurgeonFlags* flags);

}  // namespace hasten::cli
