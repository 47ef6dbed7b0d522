// All passes over the portable graph, in their order.
#pragma once
#include "passes/driver.h"

namespace hasten {

// One entry of the pipeline: the rules of a stage, or a walk over whole graphs.
struct Pass {
  std::string_view name;
  std::optional<Stage> stage;                                               // its rules
  Status (*run)(Graph*, const PassOptions&, PassReport::Entry*) = nullptr;  // else: over the graphs, outer and inner
  Target target = Target::kAny;
  bool contrib = false;  // only where ops of com.microsoft may be made
};
std::span<const Pass> Pipeline();

// Simplifies and fuses.  Inputs and outputs keep their names, order and types.  An error leaves the model unusable.
// `report` may be null.
Status Optimize(Model* model, const PassOptions& options, PassReport* report);

// The same for some passes and rules only (tests, tools).
Status RunPasses(std::span<const Pass> passes, std::span<const Rule* const> rules, Graph* graph,
                 const PassOptions& options, PassReport* report);

// The passes that are walks over whole graphs, each in its own file.
// f16 and bf16 are computed in f32, and rounded only where a value leaves: CPUs have kernels for f32.
Status WidenHalves(Graph* graph, const PassOptions& options, PassReport::Entry* entry);
Status ConstantsIntoBodies(Graph* graph, const PassOptions& options, PassReport::Entry* entry);
Status ShareContents(Graph* graph, const PassOptions& options, PassReport::Entry* entry);
Status RemoveDeadNodes(Graph* graph, const PassOptions& options, PassReport::Entry* entry);
Status MergeDuplicates(Graph* graph, const PassOptions& options, PassReport::Entry* entry);

}  // namespace hasten
