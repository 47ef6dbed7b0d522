#include "cli/planned_model.h"

namespace hasten::cli {

Result<PlannedModel> LoadAndPlan(const RunFlags& flags, Report* report) {
  PlannedModel made;
  HASTEN_ASSIGN(std::shared_ptr<Model> model, LoadModel(flags.model));
  // References need no shapes, so inputs can be gathered with them before the plan is made for these inputs' shapes.
  SessionOptions references;
  references.plan.references_only = true;
  HASTEN_ASSIGN(made.session, Session::Of(model, references).At(flags.model));
  report->Notes(model->notes);
  HASTEN_ASSIGN(made.inputs, GatherInputs(flags, *made.session, report));
  if (!flags.reference) {
    made.session.reset();
    HASTEN_ASSIGN(made.session, PlanSession(flags.plan, std::move(model), made.inputs, report).At(flags.model));
  }
  report->Notes(made.session->plan()->notes);
  return made;
}

}  // namespace hasten::cli
