#include "cli/plan_flags.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "cli/figures.h"
#include "cli/flag_checks.h"
#include "cli/progress.h"

namespace hasten::cli {
namespace {

// $XDG_CACHE_HOME/hasten or ~/.cache/hasten, made if missing; empty if there is no home.
std::string CacheFolder() {
  const char* base = std::getenv("XDG_CACHE_HOME");
  std::filesystem::path folder;
  if (base && *base) {
    folder = base;
  } else if (const char* home = std::getenv("HOME"); home && *home) {
    folder = std::filesystem::path(home) / ".cache";
  } else {
    return "";
  }
  folder /= "hasten";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  return error ? "" : folder.string();
}

Numerics NumericsOf(const std::string& precision) {
  if (precision == "exact") return Numerics::kExact;
  if (precision == "strict") return Numerics::kReassociated;
  if (precision == "fast") return Numerics::kApproximate;
  return Numerics::kWinograd;
}

}  // namespace

void AddPlanFlags(CLI::App* app, PlanFlags* f) {
  app->add_option("--threads", f->threads, "Threads of a run; 0: one for each core this process may use")
      ->type_name("T")
      ->capture_default_str()
      ->check(Within<int64_t>(0, 1024));
  app->add_option("--level", f->level,
                  "How much is timed to choose kernels: 0 nothing (a cost model chooses, the same everywhere), 5 all")
      ->type_name("0..5")
      ->capture_default_str()
      ->check(Within<int64_t>(0, 5));
  app->add_option("--timing-seconds", f->timing_seconds, "Time at most this long in one start")
      ->type_name("S")
      ->capture_default_str()
      ->check(CLI::Validator(CLI::NonNegativeNumber).description(""));
  auto* cache = app->add_option("--timing-cache", f->timing_cache,
                                "File of times known from earlier starts (timing.txt in the user's cache folder)")
                    ->type_name("FILE");
  app->add_flag("--no-timing-cache", f->no_timing_cache, "Remember no times")->excludes(cache);
  app->add_option("--precision", f->precision,
                  "Liberty with rounding: exact (as the reference), strict (sums in another order), default (Winograd "
                  "too; what no option means), fast (approximations too)")
      ->type_name("")
      ->check(CLI::Validator(IsOneOf{{"exact", "strict", "default", "fast"}}, ""));
  app->add_flag("--no-passes", f->no_passes, "Run the graph as it is in the file");
  AddPluginFlag(app, &f->plugins);
}

namespace {

SessionOptions OptionsOf(const PlanFlags& flags) {
  SessionOptions options;
  options.plan.catalog = &flags.plugins.catalog();
  options.plan.tactics = flags.plugins.tactics();
  options.threads = static_cast<int>(flags.threads);
  options.passes = !flags.no_passes;
  options.plan.level = static_cast<int>(flags.level);
  options.plan.numerics = NumericsOf(flags.precision.value_or("default"));
  options.plan.timing_budget = std::chrono::nanoseconds(static_cast<int64_t>(flags.timing_seconds * 1e9));
  if (flags.timeout)
    options.plan.timing_budget =
        std::min(options.plan.timing_budget, std::chrono::nanoseconds(static_cast<int64_t>(*flags.timeout * 1e9)));
  if (!flags.no_timing_cache && flags.level > 0) {
    options.plan.timing_cache = flags.timing_cache;
    if (options.plan.timing_cache.empty())
      if (const std::string folder = CacheFolder(); !folder.empty()) options.plan.timing_cache = folder + "/timing.txt";
  }
  return options;
}

using Clock = std::chrono::steady_clock;

double MillisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// Planning cannot be interrupted, but what it has taken counts.
Status InTime(const PlanFlags& flags, Clock::time_point start) {
  const double ms = MillisecondsSince(start);
  if (!flags.timeout || ms <= *flags.timeout * 1000) return {};
  return Status(Code::kDeadlineExceeded,
                Str("planning took ", HumanMilliseconds(ms), ", --timeout is ", *flags.timeout, " s"));
}

void ReportPlanned(const Session& session, double ms, Report* report) {
  const int64_t timed = session.plan()->timed;
  const int threads = session.threads();
  report->Line(Str("planned in ", HumanMilliseconds(ms), timed > 0 ? Str(", ", timed, " kernels timed") : "", ", ",
                   threads, threads == 1 ? " thread" : " threads"));
  report->Fact([ms, timed, threads](JsonWriter* json) {
    WriteField(json, "plan_ms", ms);
    WriteField(json, "timed", timed);
    WriteField(json, "threads", static_cast<int64_t>(threads));
  });
}

}  // namespace

Result<std::unique_ptr<Session>> PlanSession(const PlanFlags& flags, std::shared_ptr<Model> model,
                                             std::span<const Value> inputs, bool keep_weights, Report* report) {
  const Clock::time_point start = Clock::now();
  SessionOptions options = OptionsOf(flags);
  options.keep_weights = keep_weights;
  for (size_t i = 0, next = 0; i < model->graph.inputs.size() && next < inputs.size(); ++i, ++next)
    if (inputs[next].is_tensor())
      options.plan.shapes[model->graph.value(model->graph.inputs[i]).name] = inputs[next].tensor().dims;
  Progress progress("planning", 1);
  if (progress.possible())
    options.plan.progress = [&progress](size_t done, size_t all) {
      progress.At(static_cast<double>(done) / static_cast<double>(all));
    };
  HASTEN_ASSIGN(auto session, Session::Optimized(std::move(model), options));
  ReportPlanned(*session, MillisecondsSince(start), report);
  HASTEN_TRY(InTime(flags, start));
  return session;
}

Result<std::unique_ptr<Session>> LoadPlannedSession(const PlanFlags& flags, const PlanFile& file, Report* report) {
  if (flags.precision && NumericsOf(*flags.precision) != file.settings().numerics)
    return Status(Code::kInvalidArgument, Str(file.path(), ": was planned with another --precision than ",
                                              *flags.precision, ": plan the model again"));
  const Clock::time_point start = Clock::now();
  HASTEN_ASSIGN(auto session, Session::OfPlanFile(file, OptionsOf(flags)));
  const bool again = session->planned_again();
  if (again) ReportPlanned(*session, MillisecondsSince(start), report);
  report->Fact([again, threads = session->threads()](JsonWriter* json) {
    WriteKey(json, "planned_again");
    json->Bool(again);
    if (!again) WriteField(json, "threads", static_cast<int64_t>(threads));
  });
  return session;
}

}  // namespace hasten::cli
