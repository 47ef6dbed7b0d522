// Seeded valid graphs of many dtypes, dynamic dims and control flow, on which every value is a small integer and every
// op used is exact: whoever computes them otherwise than bit for bit alike is wrong.
#pragma once
#include <random>
#include <vector>

#include "ir/graph.h"
#include "ops/infer.h"

namespace hasten {

struct RandomGraph {
  std::shared_ptr<Model> model;
  std::vector<Value> inputs;  // small integers
};

struct RandomGraphOptions {
  int nodes = 60;
  bool control_flow = true;
  bool real_values = false;  // inexact ops and contents besides
};

RandomGraph MakeRandomGraph(uint64_t seed, const RandomGraphOptions& options = {});

}  // namespace hasten
