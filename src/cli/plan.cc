#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "cli/command.h"
#include "cli/figures.h"
#include "cli/planned_model.h"
#include "ir/text.h"

namespace hasten::cli {
namespace {

struct PlanCommandFlags {
  RunFlags run;  // of which model, shapes, seed, plan, json and quiet are options here
  std::string print, output;
  bool prints = false;  // asked for, of whatever kind
  std::vector<std::string> diff;
};

void ShowTactics(const Plan& plan, const Report& report) {
  for (const Decision& d : plan.decisions) {
    report.Line(Str(d.where.empty() ? Str("step ", static_cast<int64_t>(d.step)) : d.where, ":"));
    for (const Decision::Option& o : d.options)
      report.Line(fmt::format("  {} {:<44} {:>12} {}", o.picked ? '*' : ' ', o.name,
                              HumanMilliseconds(o.nanoseconds * 1e-6), o.measured ? "timed" : "estimated"));
  }
}

void TacticFacts(const Plan& plan, JsonWriter* json) {
  WriteKey(json, "decisions");
  json->StartArray();
  for (const Decision& d : plan.decisions) {
    json->StartObject();
    WriteField(json, "node", d.where);
    WriteKey(json, "candidates");
    json->StartArray();
    for (const Decision::Option& o : d.options) {
      json->StartObject();
      WriteField(json, "kernel", o.name);
      WriteField(json, "ns", o.nanoseconds);
      WriteKey(json, "timed");
      json->Bool(o.measured);
      WriteKey(json, "picked");
      json->Bool(o.picked);
      json->EndObject();
    }
    json->EndArray();
    json->EndObject();
  }
  json->EndArray();
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// Lines that only one of the plans has, in order; equal lines at both ends are left out.
bool ShowDifference(const std::string& a, const std::string& b, const Report& report) {
  const std::vector<std::string> x = Lines(a), y = Lines(b);
  size_t first = 0, last = 0;
  while (first < x.size() && first < y.size() && x[first] == y[first]) ++first;
  while (last < x.size() - first && last < y.size() - first && x[x.size() - 1 - last] == y[y.size() - 1 - last]) ++last;
  for (size_t i = first; i < x.size() - last; ++i) report.Line(Str("- ", x[i]));
  for (size_t i = first; i < y.size() - last; ++i) report.Line(Str("+ ", y[i]));
  return first + last < std::max(x.size(), y.size());
}

Result<PlannedModel> PlanFor(RunFlags flags, const std::string& model, Report* report) {
  flags.model = model;
  return LoadAndPlan(flags, /*keep_weights=*/true, report);
}

Status Diff(const PlanCommandFlags& flags, Report* report) {
  HASTEN_ASSIGN(const PlannedModel a, PlanFor(flags.run, flags.diff[0], report));
  HASTEN_ASSIGN(const PlannedModel b, PlanFor(flags.run, flags.diff[1], report));
  const bool differ = ShowDifference(a.session->plan()->Describe(), b.session->plan()->Describe(), *report);
  if (!differ) report->Line("the plans are equal");
  report->Fact([differ](JsonWriter* json) {
    WriteKey(json, "equal");
    json->Bool(!differ);
  });
  return {};
}

Status Save(const Plan& plan, const std::string& path, Report* report) {
  HASTEN_TRY(SavePlan(plan, path));
  std::error_code error;
  const auto bytes = static_cast<int64_t>(std::filesystem::file_size(path, error));
  report->Line(Str("wrote ", path, ", ", HumanBytes(bytes)));
  report->Fact([path, bytes](JsonWriter* json) {
    WriteField(json, "plan", path);
    WriteField(json, "plan_bytes", bytes);
  });
  return {};
}

Status Print(const PlanCommandFlags& flags, Report* report) {
  HASTEN_ASSIGN(const PlannedModel made, LoadAndPlan(flags.run, /*keep_weights=*/true, report));
  const Plan& plan = *made.session->plan();
  if (flags.print == "tactics") {
    ShowTactics(plan, *report);
  } else if (flags.print == "graph") {
    report->Line(hasten::Print(*plan.model));
  } else if (flags.prints || flags.output.empty()) {
    report->Line(plan.Describe());
  }
  if (!flags.output.empty()) HASTEN_TRY(Save(plan, flags.output, report));
  HASTEN_ASSIGN(const int64_t arena, made.session->executor().ArenaBytesFor(made.inputs));
  report->Line(Str("memory between steps: ", HumanBytes(arena)));
  report->Fact([&plan, arena](JsonWriter* json) {
    WriteField(json, "steps", static_cast<int64_t>(plan.steps.size()));
    WriteField(json, "arena_bytes", arena);
    TacticFacts(plan, json);
  });
  report->Print();
  return {};
}

std::function<Status()> Define(CLI::App* app) {
  const auto flags = std::make_shared<PlanCommandFlags>();
  auto* model =
      app->add_option("MODEL", flags->run.model, "The model: .onnx, .ir, a plan file, or zoo:NAME")->type_name("");
  app->add_option("-o,--output", flags->output, "Write the plan into this file, which 'hasten run' starts from at once")
      ->type_name("FILE")
      ->needs(model);
  app->add_option("--diff", flags->diff, "Print the steps in which the plans of two models differ, instead")
      ->type_name("A B")
      ->expected(2)
      ->excludes(model);
  app->add_option("--print", flags->print,
                  "steps, tactics (every candidate, its time and the pick), or the graph after all passes; steps if "
                  "nothing is said")
      ->type_name("")
      ->expected(0, 1)
      ->each([flags](const std::string&) { flags->prints = true; })
      ->check(CLI::IsMember({"steps", "tactics", "graph"}));
  app->add_option("--shape", flags->run.shapes, "Dims of an input, NAME=1x3x224x224; open dims count as 1 otherwise")
      ->type_name("NAME=DIMS");
  app->add_flag("--json", flags->run.json, "Print one JSON object instead of text");
  app->add_flag("-q,--quiet", flags->run.quiet, "No notes");
  app->option_defaults()->group("Planning");
  AddPlanFlags(app, &flags->run.plan);
  return [flags]() -> Status {
    Report report(flags->run.json, flags->run.quiet);
    if (!flags->diff.empty()) {
      HASTEN_TRY(Diff(*flags, &report));
      report.Print();
      return {};
    }
    HASTEN_REQUIRE(!flags->run.model.empty(), "must be given a model");
    return Print(*flags, &report);
  };
}

constexpr Example kExamples[] = {
    {"What runs, in which order, by which kernel?", "hasten plan model.onnx"},
    {"Why that kernel?", "hasten plan model.onnx --print tactics"},
    {"Plan once, start fast ever after.", "hasten plan model.onnx -o model.plan && hasten run model.plan"},
    {"A plan that is the same on every machine of one kind.", "hasten plan model.onnx --level 0"},
};

}  // namespace

extern const Command kPlan = {
    .name = "plan",
    .summary = "show how a model is computed on this machine",
    .doc =
        "Simplifies the graph, lists the kernels that can compute each step, times the promising ones with the real "
        "shapes and threads (see --level), and assigns layouts and memory. The same is done by 'hasten run' before the "
        "first run; times are remembered in a file, so that a second start times nothing.\n\n"
        "A plan file (-o) holds the simplified graph, what was chosen, and the weights as they are and as kernels want "
        "them, ready to be used where they lie: it starts in milliseconds, and processes that run it share its memory. "
        "On another machine, or by another version, it is planned again, and that is said.",
    .examples = kExamples,
    .define = Define,
};

}  // namespace hasten::cli
