#include "cli/verify_run.h"

#include <fmt/format.h>

#include "cli/run_limits.h"
#include "runtime/verification.h"

namespace hasten::cli {

Result<std::vector<Value>> VerifiedRun(const RunFlags& flags, Session* session, std::span<const Value> inputs,
                                       Report* report) {
  const Plan& plan = *session->plan();
  Verification verification(plan);
  RunOptions options;
  options.seed = flags.seed;
  options.deadline = DeadlineIn(flags.plan.timeout);
  options.observer = &verification;
  std::vector<Value> outputs;
  HASTEN_TRY(session->Run(inputs, &outputs, options).At("verification failed"));
  std::string text = Str("verified ", verification.verified(), " steps by their references, ", verification.skipped(),
                         " are references themselves");
  if (const auto& worst = verification.worst())
    text += fmt::format("; nearest to its bound: step {} by {}, {:.3g} of {:g} units of rounding", worst->step,
                        plan.steps[worst->step].tactic->name, worst->units, worst->bound);
  report->Line(text);
  report->Fact([&, verified = verification.verified(), skipped = verification.skipped(),
                worst = verification.worst()](JsonWriter* json) {
    WriteKey(json, "verify");
    json->StartObject();
    WriteField(json, "verified", verified);
    WriteField(json, "skipped", skipped);
    if (worst) {
      WriteField(json, "worst_step", static_cast<int64_t>(worst->step));
      WriteField(json, "worst_units", worst->units);
      WriteField(json, "worst_bound", worst->bound);
    }
    json->EndObject();
  });
  return outputs;
}

}  // namespace hasten::cli
