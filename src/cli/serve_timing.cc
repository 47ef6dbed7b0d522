#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <iostream>

#include "cli/command.h"
#include "cli/outputs.h"
#include "cli/planned_model.h"
#include "cli/run_flags.h"

namespace hasten::cli {
namespace {

using Clock = std::chrono::steady_clock;

int64_t Nanoseconds(Clock::time_point since) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - since).count();
}

// One line at once, whatever standard output is.
void Say(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

// Peak memory of this process so far; 0 where the system does not tell.
int64_t PeakKilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (int64_t kilobytes = 0; word == "VmHWM:" && status >> kilobytes) return kilobytes;
  return 0;
}

// "run N"; an error says what was read.
Result<int64_t> RunsOf(const std::string& line) {
  constexpr std::string_view kRun = "run ";
  constexpr size_t kMostDigits = 9;
  const std::string digits = line.starts_with(kRun) ? line.substr(kRun.size()) : "";
  if (digits.empty() || digits.size() > kMostDigits || digits.find_first_not_of("0123456789") != std::string::npos)
    return Status(Code::kInvalidArgument, Str("must read \"run N\", read ", Quote(line)));
  return std::stoll(digits);
}

Status Answer(const std::string& line, Session* session, std::span<const Value> inputs, const RunOptions& options,
              std::vector<Value>* outputs) {
  HASTEN_ASSIGN(const int64_t runs, RunsOf(line));
  std::vector<int64_t> taken;
  for (int64_t i = 0; i < runs; ++i) {
    const Clock::time_point start = Clock::now();
    HASTEN_TRY(session->Run(inputs, outputs, options));
    taken.push_back(Nanoseconds(start));
  }
  Say(Str("[", Join(taken, ","), "]"));
  return {};
}

Status Serve(const RunFlags& flags) {
  const int64_t before = PeakKilobytes();
  const Clock::time_point start = Clock::now();
  Report silent(/*json=*/true, /*quiet=*/true);
  HASTEN_ASSIGN(const PlannedModel made, LoadAndPlan(flags, /*keep_weights=*/false, &silent));
  Session* session = made.session.get();
  const std::vector<Value>& inputs = made.inputs;
  const int64_t load = Nanoseconds(start);
  RunOptions options;
  options.seed = flags.seed;
  std::vector<Value> outputs;
  const Clock::time_point first = Clock::now();
  HASTEN_TRY(session->Run(inputs, &outputs, options));
  const int64_t first_run = Nanoseconds(first);
  if (!flags.output_dir.empty()) HASTEN_TRY(WriteOutputs(flags, *session, outputs, &silent));
  Say(Str(R"({"version":")", Version(), R"(","load_ns":)", load, R"(,"first_run_ns":)", first_run, R"(,"before_kb":)",
          before, "}"));
  for (std::string line; std::getline(std::cin, line) && line != "quit";)
    HASTEN_TRY(Answer(line, session, inputs, options, &outputs));
  return {};
}

std::function<Status()> Define(CLI::App* app) {
  const auto flags = std::make_shared<RunFlags>();
  AddRunFlags(app, flags.get());
  return [flags] { return Serve(*flags); };
}

constexpr Example kExamples[] = {
    {"Ten runs.", "echo run 10 | hasten serve-timing zoo:resnet18"},
};

}  // namespace

extern const Command kServeTiming = {
    .name = "serve-timing",
    .summary = "load a model once and time runs of it as standard input asks",
    .doc =
        "For bench/peers, which times engines side by side. Options are those of 'hasten run'. Once the model is "
        "loaded, was run and its outputs are written, one JSON object is printed, with the peak memory before that, "
        "too. Then each line \"run N\" is "
        "answered by a JSON list of N times in nanoseconds; \"quit\" or the end of input ends it.",
    .examples = kExamples,
    .define = Define,
    .hidden = true,
};

}  // namespace hasten::cli
