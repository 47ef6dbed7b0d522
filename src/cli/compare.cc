#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/mapped_file.h"
#include "cli/bisect.h"
#include "cli/command.h"
#include "cli/compared.h"
#include "cli/flag_checks.h"
#include "cli/inputs.h"
#include "cli/shapes.h"
#include "import/onnx/export.h"
#include "surgery/extract.h"

namespace hasten::cli {
namespace {

constexpr int64_t kMostTraced = int64_t{4} << 30;

struct CompareFlags {
  RunFlags run;  // of which model, inputs, input_dir, shapes, seed, plan, json and quiet are options here
  std::string other;
  double bound = 1e-4;
  bool outputs_only = false;
  std::string judge = "references", python = "python3";
  std::string bisect, report;

  const std::string& tested() const { return other.empty() ? run.model : other; }
};

// The tested model, run as it was planned.
struct Tested {
  std::unique_ptr<Session> session;
  std::vector<Value> outputs;
};

Result<Judged> Judge(const CompareFlags& f, const Model& model, Session* references, std::span<const Value> inputs) {
  const bool layers = !f.outputs_only || !f.bisect.empty();
  if (f.judge == "references") return JudgeByReferences(references, inputs, layers ? kMostTraced : 0);
  return JudgeByOnnxRuntime(model, inputs, layers, f.python);
}

std::string WrittenParts(const CompareFlags& f, const FailingPart& part) {
  std::string right;
  if (!f.other.empty()) {
    // The same part of the model that is right, if it can be cut out by the same names.
    auto model = LoadModel(f.run.model, f.run.plan.plugins.catalog());
    const std::string path = std::filesystem::path(f.bisect).replace_extension(".right.onnx").string();
    const std::vector<std::string> outputs = {part.output};
    if (model.ok() && Extract(part.inputs, outputs, &(*model)->graph).ok() && ExportOnnx(**model, path).ok())
      right = path + " ";
  }
  return right.empty() && !f.other.empty()
             ? Str("hasten run ", f.bisect, " --check ", SetFolderOf(f.bisect))
             : Str("hasten compare ", right, f.bisect, " --input-dir ", SetFolderOf(f.bisect),
                   f.judge == "references" ? "" : Str(" --judge ", f.judge),
                   f.bound == 1e-4 ? "" : Str(" --bound ", f.bound));
}

// Without rules, and without timing what is faster.
Result<std::unique_ptr<Session>> Plainly(std::shared_ptr<const Model> model) {
  SessionOptions options;
  options.threads = 0;
  options.passes = false;
  options.plan.level = 0;
  options.plan.numerics = Numerics::kReassociated;
  return Session::Of(std::move(model), options);
}

// Whether the whole tested model is wrong even so: then its parts are run so, too.
bool WrongPlainly(const CompareFlags& f, const std::shared_ptr<const Model>& tested, std::span<const Value> inputs,
                  const Judged& right) {
  if (f.other.empty()) return false;
  auto session = Plainly(tested);
  std::vector<Value> is;
  if (!session.ok() || !(**session).Run(inputs, &is).ok()) return false;
  for (size_t i = 0; i < is.size(); ++i)
    if (!CompareOne("", "", is[i], right.outputs[i]).Within(f.bound)) return true;
  return false;
}

Status FindFailingPart(const CompareFlags& f, std::span<const Value> inputs, const Judged& right, Comparison* c,
                       Report* report) {
  const auto beyond = [&](const std::vector<Compared>& all) -> const Compared* {
    for (const Compared& one : all)
      if (!one.Within(f.bound)) return &one;
    return nullptr;
  };
  const Compared* first = beyond(c->layers);
  if (!first) first = beyond(c->outputs);
  const auto tell = [&](std::string line) {
    report->Line(line);
    c->bisected.push_back(std::move(line));
  };
  if (!first) {
    tell("bisect: nothing differs; no part was written");
    return {};
  }
  HASTEN_ASSIGN(const std::shared_ptr<const Model> tested, LoadModel(f.tested(), f.run.plan.plugins.catalog()));
  BisectTask task{tested.get(), inputs, &right, {}, f.bound};
  const bool plainly = WrongPlainly(f, tested, inputs, right);
  task.plan = [&](std::shared_ptr<Model> part, std::span<const Value> contents) -> Result<std::unique_ptr<Session>> {
    if (plainly) return Plainly(std::move(part));
    Report silent(true, true);
    return PlanSession(f.run.plan, std::move(part), contents, /*keep_weights=*/true, &silent);
  };
  HASTEN_ASSIGN(const std::optional<FailingPart> part, Bisect(task, first->name));
  if (!part) {
    tell(Str("bisect: no part that ends at ", Quote(first->name), " fails by itself; no part was written"));
    return {};
  }
  HASTEN_TRY(WriteFailingPart(*part, right, f.bisect));
  const std::string again = WrittenParts(f, *part);
  tell(fmt::format("bisect: the smallest part that fails has {} node{}, by an error of {:.3g} in {}",
                   part->nodes.size(), part->nodes.size() == 1 ? "" : "s", part->error, Quote(part->output)));
  for (const std::string& node : part->nodes) tell("  " + node);
  tell(Str("saved; see it again with: ", again));
  report->Fact([part = *part, again, path = f.bisect](JsonWriter* json) {
    WriteKey(json, "bisect");
    json->StartObject();
    WriteField(json, "model", path);
    WriteField(json, "data", SetFolderOf(path));
    WriteTexts(json, "nodes", part.nodes);
    WriteTexts(json, "inputs", part.inputs);
    WriteField(json, "output", part.output);
    WriteField(json, "error", part.error);
    WriteField(json, "tried", int64_t{part.tried});
    WriteField(json, "again", again);
    json->EndObject();
  });
  return {};
}

Status RequireInterface(const Graph& graph, size_t inputs, size_t outputs, const CompareFlags& f) {
  if (graph.inputs.size() == inputs && graph.outputs.size() == outputs) return {};
  return Status(Code::kInvalidArgument, Str("must have as many inputs and outputs as ", f.run.model));
}

// A plan file is run as it was planned.
Result<std::unique_ptr<Session>> TestedSession(const CompareFlags& f, const std::string& path,
                                               std::span<const Value> inputs, size_t outputs, Report* report) {
  if (!IsPlanFile(path)) {
    HASTEN_ASSIGN(std::shared_ptr<Model> model, LoadModel(path, f.run.plan.plugins.catalog()));
    HASTEN_TRY(RequireInterface(model->graph, inputs.size(), outputs, f).At(path));
    return PlanSession(f.run.plan, std::move(model), inputs, /*keep_weights=*/true, report);
  }
  HASTEN_ASSIGN(const PlanFile file, PlanFile::Open(path));
  HASTEN_ASSIGN(auto session, LoadPlannedSession(f.run.plan, file, report));
  HASTEN_TRY(RequireInterface(session->model().graph, inputs.size(), outputs, f).At(path));
  return session;
}

Result<Tested> RunTested(const CompareFlags& f, std::span<const Value> inputs, size_t outputs, Report* report,
                         const std::function<void(const LayerTrace&)>& seen) {
  const std::string& path = f.tested();
  Tested out;
  HASTEN_ASSIGN(out.session, TestedSession(f, path, inputs, outputs, report));
  LayerTrace trace(*out.session->plan(), f.outputs_only ? 0 : kMostTraced);
  RunOptions options;
  options.observer = &trace;
  HASTEN_TRY(out.session->Run(inputs, &out.outputs, options).At(path));
  seen(trace);
  return out;
}

void ShowAll(const CompareFlags& f, const Comparison& c, int64_t dropped, Report* report) {
  ShowCompared("layers", "layers", c.layers, f.bound, report);
  ShowCompared("outputs", "outputs", c.outputs, f.bound, report);
  if (const std::string ulps = UlpLine(c.outputs); !ulps.empty()) report->Line(ulps);
  if (!f.outputs_only && dropped > 0)
    report->Note(Str("layers beyond ", kMostTraced >> 30, " GB together were not compared"));
  if (!c.first_beyond.empty()) report->Line(Str("first layer beyond the bound: ", c.first_beyond));
  report->Fact([culprit = c.first_beyond, judge = c.judge](JsonWriter* json) {
    WriteField(json, "first_beyond", culprit);
    WriteField(json, "judge", judge);
  });
}

Status Compare(const CompareFlags& f, Report* report) {
  if (!f.bisect.empty() && !f.bisect.ends_with(".onnx"))
    return Status(Code::kInvalidArgument, Str(f.bisect, ": must end in .onnx"));
  if (!f.bisect.empty() && IsPlanFile(f.tested()))
    return Status(Code::kInvalidArgument,
                  Str(f.tested(), ": --bisect takes a model, is a plan file: give the model it was made of"));
  HASTEN_ASSIGN(const std::shared_ptr<const Model> model, LoadModel(f.run.model, f.run.plan.plugins.catalog()));
  SessionOptions references;
  references.plan.references_only = true;
  HASTEN_ASSIGN(const auto right, Session::Of(model, references).At(f.run.model));
  report->Notes(model->notes);
  HASTEN_ASSIGN(const std::vector<Value> inputs, GatherInputs(f.run, *right, report));
  HASTEN_ASSIGN(const Judged judged, Judge(f, *model, right.get(), inputs).At(f.run.model));
  Comparison c{f.run.model, f.tested(), judged.by, f.bound, {}, {}, {}, {}};
  int64_t dropped = judged.dropped;
  const auto compare_layers = [&](const LayerTrace& trace) {
    dropped += trace.dropped();
    for (const LayerTrace::Layer& layer : trace.layers())
      if (const auto same = judged.layers.find(layer.name); same != judged.layers.end() && !f.outputs_only)
        c.layers.push_back(CompareOne(layer.name, layer.where, Value(layer.tensor), Value(same->second)));
  };
  HASTEN_ASSIGN(const Tested tested, RunTested(f, inputs, judged.outputs.size(), report, compare_layers));
  for (size_t i = 0; i < tested.outputs.size(); ++i)
    c.outputs.push_back(CompareOne(right->output_name(i), "", tested.outputs[i], judged.outputs[i]));
  const auto outside = [&f](const Compared& one) { return !one.Within(f.bound); };
  const auto first = std::find_if(c.layers.begin(), c.layers.end(), outside);
  if (first != c.layers.end()) c.first_beyond = Str(Quote(first->name), ", ", first->where);
  ShowAll(f, c, dropped, report);
  if (!f.bisect.empty()) HASTEN_TRY(FindFailingPart(f, inputs, judged, &c, report));
  if (!f.report.empty()) HASTEN_TRY(WriteFile(f.report, ComparePage(c)).At(f.report));
  const auto beyond = std::count_if(c.outputs.begin(), c.outputs.end(), outside);
  report->Print();
  if (beyond == 0) return {};
  return Status(Code::kInvalidArgument,
                fmt::format("{} of {} outputs differ by more than {:g} of their largest element", beyond,
                            c.outputs.size(), f.bound));
}

std::function<Status()> Define(CLI::App* app) {
  const auto f = std::make_shared<CompareFlags>();
  app->add_option("A", f->run.model,
                  "The model that is right, as the judge computes it: .onnx, .ir, a plan file, or zoo:NAME")
      ->required()
      ->type_name("");
  app->add_option("B", f->other,
                  "The model to test, planned as the options say (A itself), or a plan file, run as it was planned")
      ->type_name("");
  app->add_option("--bound", f->bound, "Largest difference allowed, over the largest element of the value in A")
      ->type_name("X")
      ->capture_default_str()
      ->check(CLI::Validator(CLI::NonNegativeNumber).description(""));
  app->add_flag("--outputs-only", f->outputs_only, "Do not compare layers");
  OneOf(app->add_option("--judge", f->judge, "Who computes what is right")->capture_default_str(),
        {"references", "onnxruntime"});
  app->add_option("--python", f->python, "The Python that has onnxruntime and numpy, for --judge onnxruntime")
      ->type_name("PROGRAM")
      ->capture_default_str();
  app->add_option("--bisect", f->bisect,
                  "Save the smallest part of B that fails by itself, and beside it with the extension .set its inputs "
                  "and what it should compute")
      ->type_name("OUT.onnx");
  app->add_option("--report", f->report, "Write a page with plots")->type_name("FILE.html");
  app->add_flag("--json", f->run.json, "Print one JSON object instead of text");
  app->add_flag("-q,--quiet", f->run.quiet, "No notes");
  app->option_defaults()->group("Input");
  app->add_option("--input", f->run.inputs, "An input from a file, as 'hasten run' takes it")
      ->type_name("[NAME=]FILE")
      ->allow_extra_args(false);
  app->add_option("--input-dir", f->run.input_dir, "All inputs from input_0.pb, ... (or .npy) of a folder")
      ->type_name("DIR");
  app->add_option("--shape", f->run.shapes, "Dims of a made-up input: x=1x3x224x224; open dims count as 1 otherwise")
      ->type_name("NAME=DIMS")
      ->allow_extra_args(false)
      ->check(Parses([](const std::string& s) { return ParseShape(s); }));
  app->add_option("--seed", f->run.seed, "Seed of made-up inputs")->type_name("N")->capture_default_str();
  app->option_defaults()->group("Planning");
  AddPlanFlags(app, &f->run.plan);
  return [f]() -> Status {
    Report report(f->run.json, f->run.quiet);
    return Compare(*f, &report);
  };
}

constexpr Example kExamples[] = {
    {"Does this machine compute the model as its references do, and if not, from which layer on?",
     "hasten compare model.onnx"},
    {"What does more liberty with rounding cost?", "hasten compare model.onnx --precision fast"},
    {"A model and what became of it.", "hasten compare in.onnx out.onnx --no-passes"},
    {"Is a plan that was made elsewhere still right?", "hasten compare model.onnx model.plan"},
    {"Which node is to blame? As a model that shows it.", "hasten compare in.onnx out.onnx --bisect small.onnx"},
    {"What ONNX Runtime says, as a page.",
     "hasten compare model.onnx --judge onnxruntime --python venv/bin/python --report page.html"},
};

constexpr std::string_view kDoc =
    R"(Runs A by the references of its ops, without any rule (or by ONNX Runtime, without its optimisations), and B (or
A again) as the options plan it, on the same inputs. Each output is compared, and each value between nodes that has the
same name in both: a value that was fused away, or that lies in a layout of its kernel, is not there to be compared.

error is the largest difference over the largest element of A's value; relative figures leave out elements that are 0.
The histogram counts f32 elements by how many units in the last place they are apart. Lines with ! are beyond --bound.

--bisect begins at the first layer beyond the bound. It cuts parts of B out that end there, feeds them what the judge
computed, and looks for the smallest that is beyond the bound by itself: one node, where one is to blame. Parts are run
as B was; where B is another model that is wrong even without any rule, without rules. The last line says how to see
the difference again. A plan file holds nodes that ONNX has not: give the model that it was made of.

Exit status: 0 all outputs within the bound, 1 bad input or an output beyond it, 2 wrong usage.)";

}  // namespace

extern const Command kCompare = {
    .name = "compare",
    .summary = "show where two models, or two ways to run one, differ",
    .doc = kDoc,
    .examples = kExamples,
    .define = Define,
};

}  // namespace hasten::cli
