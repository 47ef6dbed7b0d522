#include "cli/timing.h"

#include <chrono>

#include "cli/figures.h"
#include "cli/profile_table.h"
#include "cli/progress.h"
#include "cli/run_limits.h"
#include "cli/trace_file.h"
#include "runtime/observers.h"

namespace hasten::cli {
namespace {

struct Part {
  std::string_view name;
  double part;
};
constexpr Part kParts[] = {{"min", 0}, {"p10", 0.1}, {"median", 0.5}, {"p90", 0.9}, {"p99", 0.99}};

// Steps of one long run as progress.
class StepProgress final : public StepObserver {
 public:
  StepProgress(Progress* progress, size_t steps) : progress_(progress), steps_(steps) {}
  void Before(const Step&, size_t index, const KernelCall&) override {
    furthest_ = std::max(furthest_, index);
    progress_->At(static_cast<double>(furthest_) / static_cast<double>(steps_));
  }

 private:
  Progress* progress_;
  size_t steps_, furthest_ = 0;
};

void ReportLatency(const std::vector<double>& sorted, int64_t warmup, Report* report) {
  const auto runs = static_cast<int64_t>(sorted.size());
  if (runs == 1) {
    report->Line(
        Str("latency: ", HumanMilliseconds(sorted[0]), warmup == 0 ? " (first run; --repeat N measures)" : ""));
  } else {
    std::vector<std::string> parts;
    for (const Part& p : kParts) parts.push_back(Str(p.name, " ", HumanMilliseconds(Quantile(sorted, p.part))));
    report->Line(Str("latency of ", runs, " runs after ", warmup, " of warm-up: ", Join(parts, ", ")));
  }
  report->Fact([sorted, runs, warmup](JsonWriter* json) {
    WriteKey(json, "latency_ms");
    json->StartObject();
    for (const Part& p : kParts) WriteField(json, p.name, Quantile(sorted, p.part));
    json->EndObject();
    WriteField(json, "runs", runs);
    WriteField(json, "warmup", warmup);
  });
}

// What looks at the steps of the timed runs.
struct Watch {
  explicit Watch(const Plan& plan) : profile(plan) {}
  Profile profile;
  Trace trace;
  std::vector<TracedRun> runs;
  Observers observers;
};

struct Measured {
  std::vector<Value> outputs;
  std::vector<double> milliseconds;
};

Result<Measured> Measure(const RunFlags& flags, Session* session, std::span<const Value> inputs, int64_t warmup,
                         int64_t repeat, Watch* watch) {
  using Clock = std::chrono::steady_clock;
  const int64_t runs = warmup + repeat;
  Progress progress("running", runs == 1 ? 1.0 : static_cast<double>(runs));
  StepProgress steps(&progress, session->plan()->steps.size());
  RunOptions options;
  options.seed = flags.seed;
  // A run that is measured has no observer; a single one shows its steps to whoever waits.
  if (progress.possible() && runs == 1) options.observer = &steps;
  Measured measured;
  for (int64_t i = 0; i < runs; ++i) {
    options.deadline = DeadlineIn(flags.plan.timeout);
    const bool watched = i >= warmup && !watch->observers.empty();
    if (watched) options.observer = &watch->observers;
    const int64_t begin = watch->trace.Now();
    const Clock::time_point start = Clock::now();
    HASTEN_TRY(session->Run(inputs, &measured.outputs, options).At(flags.model));
    const Clock::duration taken = Clock::now() - start;
    if (i >= warmup) measured.milliseconds.push_back(std::chrono::duration<double, std::milli>(taken).count());
    if (watched) watch->runs.push_back({begin, watch->trace.Now()});
    if (!options.observer) progress.At(static_cast<double>(i + 1));
  }
  return measured;
}

}  // namespace

double Quantile(std::span<const double> sorted, double part) {
  const double at = part * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Result<std::vector<Value>> TimedRuns(const RunFlags& flags, Session* session, std::span<const Value> inputs,
                                     Report* report) {
  const int64_t repeat = flags.repeat.value_or(1), warmup = flags.warmup.value_or(flags.repeat ? 1 : 0);
  Watch watch(*session->plan());
  if (flags.profile) watch.observers.Add(&watch.profile);
  if (!flags.trace.empty()) watch.observers.Add(&watch.trace);
  HASTEN_ASSIGN(Measured measured, Measure(flags, session, inputs, warmup, repeat, &watch));
  std::sort(measured.milliseconds.begin(), measured.milliseconds.end());
  ReportLatency(measured.milliseconds, warmup, report);
  if (flags.profile) ReportProfile(*session->plan(), watch.profile, report);
  if (!flags.trace.empty()) HASTEN_TRY(WriteTrace(*session->plan(), watch.trace, watch.runs, flags.trace, report));
  return std::move(measured.outputs);
}

}  // namespace hasten::cli
