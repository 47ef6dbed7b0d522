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
  HASTEN_ASSIGN(made.inputs, GatherInputs(flags, *made.session, report));
  return made;
}

Result<PlannedModel> PlanModel(const RunFlags& flags, bool keep_weights, Report* report) {
  PlannedModel made;
  const Clock::time_point start = Clock::now();
  HASTEN_ASSIGN(std::shared_ptr<Model> model, LoadModel(flags.model));
  ReportLoad(start, false, report);
  // References need no shapes, so inputs can be gathered with them before the plan is made for these inputs' shapes.
  SessionOptions references;
  references.plan.references_only = true;
  HASTEN_ASSIGN(made.session, Session::Of(model, references).At(flags.model));
  report->Notes(model->notes);
  HASTEN_ASSIGN(made.inputs, GatherInputs(flags, *made.session, report));
  if (!flags.reference) {
    made.session.reset();
    HASTEN_ASSIGN(made.session,
                  PlanSession(flags.plan, std::move(model), made.inputs, keep_weights, report).At(flags.model));
  }
  report->Notes(made.session->plan()->notes);
  return made;
}

}  // namespace

Result<PlannedModel> LoadAndPlan(const RunFlags& flags, bool keep_weights, Report* report) {
  return IsPlanFile(flags.model) && !flags.reference ? LoadPlan(flags, report) : PlanModel(flags, keep_weights, report);
}

}  // namespace hasten::cli
