#include "passes/pipeline.h"

#include <algorithm>
#include <chrono>
#include <numeric>

namespace hasten {
namespace {

constexpr Pass kPipeline[] = {
    {"remove_dead", {}, RemoveDeadNodes},
    {"widen_halves", {}, WidenHalves, Target::kRun},
    {"remove_dead", {}, RemoveDeadNodes},
    {"simplify", Stage::kSimplify},
    {"constants_into_bodies", {}, ConstantsIntoBodies, Target::kRun},
    {"share_contents", {}, ShareContents, Target::kFile},
    {"merge_duplicates", {}, MergeDuplicates},
    {"simplify", Stage::kSimplify},  // what merging brought together
    {"fold_weights", Stage::kWeights},
    {"merge_nodes", Stage::kMerge},
    {"simplify", Stage::kSimplify, nullptr, Target::kFile},
    {"recognise_contrib", Stage::kContribWhole, nullptr, Target::kFile, true},
    {"merge_contrib", Stage::kContrib, nullptr, Target::kFile, true},
    {"simplify", Stage::kSimplify, nullptr, Target::kFile, true},
    {"recognise_attention", Stage::kAttention},
    {"merge_siblings", Stage::kSiblings, nullptr, Target::kFile},
    {"form_epilogues", Stage::kEpilogue, nullptr, Target::kRun},
    {"form_pointwise", Stage::kPointwise, nullptr, Target::kRun},
    {"merge_duplicates", {}, MergeDuplicates},
    {"remove_dead", {}, RemoveDeadNodes},
};

bool Serves(Target target, const PassOptions& options) { return target == Target::kAny || target == options.target; }

bool IsOff(const PassOptions& options, std::string_view name) {
  return std::find(options.off.begin(), options.off.end(), name) != options.off.end();
}

std::vector<const Rule*> RulesOf(Stage stage, std::span<const Rule* const> rules, const PassOptions& options) {
  std::vector<const Rule*> out;
  for (const Rule* rule : rules)
    if (rule->stage == stage && rule->numerics <= options.numerics && Serves(rule->target, options) &&
        !IsOff(options, rule->name))
      out.push_back(rule);
  return out;
}

int64_t Fired(const PassReport& report) {
  return std::accumulate(report.entries.begin(), report.entries.end(), int64_t{0},
                         [](int64_t sum, const PassReport::Entry& e) { return sum + e.fired; });
}

// What is known of a graph as it was when `fired` changes had been made.
struct KeptFacts {
  Inference inference;
  int64_t fired = -1;

  explicit KeptFacts(const Graph* graph) : inference({.fold_small = true, .learn_from = graph}) {}

  // One inference for types and contents: each would draw symbols of its own for what it cannot tell.
  Status Update(Graph* graph, int64_t now) {
    if (fired == now) return {};
    fired = now;
    inference.Clear();
    for (ValueId v : graph->inputs)
      inference.Set(graph, v, {graph->value(v).type, {}, {}});  // defaults are not contents
    for (NodeId n : graph->Order())
      if (Status s = InferNode(graph, n, &inference); !s.ok()) return std::move(s).At(graph->Where(n));
    return {};
  }
};

Status RunStage(const Pass& pass, std::span<const Rule* const> rules, Graph* graph, const PassOptions& options,
                PassReport* report, KeptFacts* facts) {
  const std::vector<const Rule*> active = RulesOf(*pass.stage, rules, options);
  if (active.empty()) return {};
  HASTEN_TRY(facts->Update(graph, Fired(*report)));
  return ApplyRules(active, graph, &facts->inference, options, report);
}

Status RunWalk(const Pass& pass, Graph* graph, const PassOptions& options, PassReport* report) {
  for (NodeId n : graph->Order())
    for (const GraphPtr& body : graph->node(n).attrs.Graphs())
      if (Status s = RunWalk(pass, body.get(), options, report); !s.ok()) return std::move(s).At(graph->Where(n));
  const auto start = std::chrono::steady_clock::now();
  PassReport::Entry& entry = report->Of(pass.name);
  Status status = pass.run(graph, options, &entry);
  entry.ms += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return status;
}

}  // namespace

std::span<const Pass> Pipeline() { return kPipeline; }

Status RunPasses(std::span<const Pass> passes, std::span<const Rule* const> rules, Graph* graph,
                 const PassOptions& options, PassReport* report) {
  KeptFacts facts(graph);
  for (const Pass& pass : passes) {
    if (!Serves(pass.target, options) || IsOff(options, pass.name) || (pass.contrib && !options.contrib)) continue;
    HASTEN_TRY(
        (pass.stage ? RunStage(pass, rules, graph, options, report, &facts) : RunWalk(pass, graph, options, report))
            .At(Str("pass ", pass.name)));
#ifdef HASTEN_CHECKS
    HASTEN_TRY(Verify(*graph).At(Str("after pass ", pass.name)));
#endif
  }
  HASTEN_TRY(InferTypes(graph));
  return Verify(*graph).At("after the passes");
}

Status Optimize(Model* model, const PassOptions& options, PassReport* report) {
  PassReport unread;
  if (!report) report = &unread;
  report->nodes_before = CountNodes(model->graph);
  HASTEN_TRY(RunPasses(kPipeline, BuiltInRules(), &model->graph, options, report));
  report->nodes_after = CountNodes(model->graph);
  return {};
}

Status RemoveDeadNodes(Graph* graph, const PassOptions&, PassReport::Entry* entry) {
  entry->fired += RemoveDead(graph);
  return {};
}

}  // namespace hasten
