#include "cli/planned_model.h"

#include <chrono>

#include "cli/figures.h"

namespace hasten::cli {
namespace {

using Clock = std::chrono::steady_clock;

void ReportLoad(Clock::time_point start, bool plan, Report* report) {
  const double ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  if (plan) report->Line(Str("plan loaded in ", HumanMilliseconds(ms)));
  report->Fact([ms](JsonWriter* json) { WriteField(json, "load_ms", ms); });
}

Result<PlannedModel> LoadPlan(const RunFlags& flags, Report* report) {
  PlannedModel made;
  const Clock::time_point start = Clock::now();
  HASTEN_ASSIGN(const PlanFile file, PlanFile::Open(flags.model));
  if (flags.verify_plan) HASTEN_TRY(file.VerifyWeights());
  HASTEN_ASSIGN(made.session, LoadPlannedSession(flags.plan, file, report));
  ReportLoad(start, true, report);
  report->Notes(made.session->plan()->notes);
  HASTEN_ASSIGN(made.inputs, GatherInputs(flags, *made.session, report, &made.pictures));
  return made;
}

Result<PlannedModel> PlanModel(const RunFlags& flags, bool keep_weights, Report* report) {
  PlannedModel made;
  const Clock::time_point start = Clock::now();
  HASTEN_ASSIGN(std::shared_ptr<Model> model, LoadModel(flags.model, flags.plan.plugins.catalog()));
  ReportLoad(start, false, report);
  // References need no shapes, so inputs can be gathered with them before the plan is made for these inputs' shapes.
  SessionOptions references;
  references.plan.references_only = true;
  HASTEN_ASSIGN(made.session, Session::Of(model, references).At(flags.model));
  report->Notes(model->notes);
  HASTEN_ASSIGN(made.inputs, GatherInputs(flags, *made.session, report, &made.pictures));
  if (!flags.reference) {
    made.session.reset();
    HASTEN_ASSIGN(made.session,
                  PlanSession(flags.plan, std::move(model), made.inputs, keep_weights, report).At(flags.model));
  }
  report->Notes(made.session->plan()->notes);
  return made;
}

// Binds the made-up inputs: a length of 1 for whatever the model leaves open may be what it cannot take.
Status CheckMadeUp(const RunFlags& flags, const PlannedModel& made) {
  if (!flags.inputs.empty() || !flags.images.empty() || !flags.input_dir.empty() || !flags.check.empty()) return {};
  const auto bound = made.session->executor().ArenaBytesFor(made.inputs);
  if (bound.ok()) return {};
  const Graph& graph = made.session->model().graph;
  std::string open;
  for (ValueId v : graph.inputs) {
    const GraphValue& input = graph.value(v);
    if (open.empty() && input.type.is_tensor() && input.type.shape.ranked() && !input.type.shape.is_const())
      open = Str("; open dims of made-up inputs count as 1: --shape ", input.name, "=DIMS gives those of ",
                 Quote(input.name), ", ", input.type);
  }
  return Status(bound.code(), Str(bound.message(), open)).At(flags.model);
}

}  // namespace

Result<PlannedModel> LoadAndPlan(const RunFlags& flags, bool keep_weights, Report* report) {
  const bool planned = IsPlanFile(flags.model) && !flags.reference;
  HASTEN_ASSIGN(PlannedModel made, planned ? LoadPlan(flags, report) : PlanModel(flags, keep_weights, report));
  HASTEN_TRY(CheckMadeUp(flags, made));
  return made;
}

}  // namespace hasten::cli
