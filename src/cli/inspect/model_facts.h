// What `hasten inspect` counts in a model.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/shapes.h"
#include "ir/graph.h"
#include "tensor/value.h"

namespace hasten::cli {

struct ModelFacts {
  std::map<std::string, int64_t> ops;  // nodes by op, those of graphs inside nodes too
  std::set<std::string> unknown_ops;   // those of them that cannot run
  int64_t nodes = 0;
  int64_t parameters = 0, parameter_bytes = 0;  // elements of distinct constants
  std::vector<std::string> symbols;             // of the inputs' shapes, in order
  // One run with the shapes given and 1 for each symbol left open: operations of all nodes, graphs inside nodes counted
  // once.  Where the op does not say, one per element of its outputs.
  std::optional<double> flops;
  std::string why_no_flops;
  // Of the same run: the memory for values between nodes, without those whose size depends on data.
  std::optional<int64_t> arena_bytes;
  std::string why_no_arena;
};

// Inputs of the shapes given, 1 where they are open: for counting, not for computing.
Result<std::vector<Value>> AnyInputs(const Graph& graph, const InputShapes& shapes);

Result<ModelFacts> GatherFacts(const std::shared_ptr<const Model>& model, const InputShapes& shapes);

}  // namespace hasten::cli
