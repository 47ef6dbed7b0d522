#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/flag_checks.h"
#include "cli/inputs.h"
#include "cli/layer_trace.h"
#include "cli/shapes.h"

namespace hasten::cli {
namespace {

constexpr int64_t kMostTraced = int64_t{4} << 30;

struct CompareFlags {
  RunFlags run;  // of which model, inputs, input_dir, shapes, seed, plan, json and quiet are options here
  std::string other;
  double bound = 1e-4;
  bool outputs_only = false;
};

struct Compared {
  std::string name, where;
  std::string why_not;
  Statistics statistics;
};

Compared CompareOne(const std::string& name, const std::string& where, const Value& a, const Value& b) {
  Compared out{name, where, {}, {}};
  const auto s = a.is_tensor() && b.is_tensor() ? StatisticsOf(a.tensor(), b.tensor()) : std::nullopt;
  if (s) out.statistics = *s;
  if (!s) out.why_not = "of other kinds or shapes";
  return out;
}

std::string LineOf(const Compared& c, double bound) {
  if (!c.why_not.empty()) return fmt::format("  {:<40} {}", Quote(c.name), c.why_not);
  const Statistics& s = c.statistics;
  return fmt::format("{} {:<40} {:>9.2e} {:>9.2e} {:>9.2e} {:>9.2e} {:>9.2e} {:>12.9f}  {}",
                     s.scaled() <= bound ? ' ' : '!', Quote(c.name), s.scaled(), s.max_absolute, s.mean_absolute,
                     s.max_relative, s.mean_relative, s.cosine, c.where);
}

void WriteCompared(const Compared& c, double bound, JsonWriter* json) {
  json->StartObject();
  WriteField(json, "name", c.name);
  WriteField(json, "node", c.where);
  WriteField(json, "not_compared", c.why_not);
  const Statistics& s = c.statistics;
  WriteField(json, "elements", s.elements);
  WriteField(json, "error", s.scaled());
  WriteField(json, "max_absolute", s.max_absolute);
  WriteField(json, "mean_absolute", s.mean_absolute);
  WriteField(json, "max_relative", s.max_relative);
  WriteField(json, "mean_relative", s.mean_relative);
  WriteField(json, "cosine", s.cosine);
  WriteKey(json, "ulps");
  json->StartArray();
  for (const int64_t n : s.ulps) json->Int64(n);
  json->EndArray();
  WriteKey(json, "within");
  json->Bool(c.why_not.empty() && s.scaled() <= bound);
  json->EndObject();
}

void Show(std::string_view title, const std::string& key, const std::vector<Compared>& all, double bound,
          Report* report) {
  if (!all.empty()) {
    report->Line(fmt::format("{:<42} {:>9} {:>9} {:>9} {:>9} {:>9} {:>12}", title, "error", "max abs", "mean abs",
                             "max rel", "mean rel", "cosine"));
    for (const Compared& c : all) report->Line(LineOf(c, bound));
  }
  report->Fact([=](JsonWriter* json) {
    WriteKey(json, key);
    json->StartArray();
    for (const Compared& c : all) WriteCompared(c, bound, json);
    json->EndArray();
  });
}

// "ULP apart: 0: 812, 1: 40, 2-3: 7", of all f32 outputs.
std::string UlpLine(const std::vector<Compared>& outputs) {
  std::array<int64_t, Statistics::kBins> sum = {};
  for (const Compared& c : outputs)
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += c.statistics.ulps[i];
  std::vector<std::string> parts;
  for (size_t i = 0; i < sum.size(); ++i) {
    const int64_t low = i < 2 ? static_cast<int64_t>(i) : int64_t{1} << (i - 1), high = (int64_t{1} << i) - 1;
    const bool last = i + 1 == sum.size();
    if (sum[i] > 0) parts.push_back(Str(low, last ? " and more" : high > low ? Str("-", high) : "", ": ", sum[i]));
  }
  return parts.empty() ? "" : Str("units in the last place, outputs: ", Join(parts, ", "));
}

struct Side {
  std::unique_ptr<Session> session;
  std::vector<Value> outputs;
};

Status Compare(const CompareFlags& f, Report* report) {
  HASTEN_ASSIGN(const std::shared_ptr<const Model> model, LoadModel(f.run.model));
  SessionOptions references;
  references.plan.references_only = true;
  Side a, b;
  HASTEN_ASSIGN(a.session, Session::Of(model, references).At(f.run.model));
  report->Notes(model->notes);
  HASTEN_ASSIGN(const std::vector<Value> inputs, GatherInputs(f.run, *a.session, report));
  HASTEN_ASSIGN(std::shared_ptr<Model> tested, LoadModel(f.other.empty() ? f.run.model : f.other));
  if (tested->graph.inputs.size() != inputs.size() || tested->graph.outputs.size() != a.session->outputs())
    return Status(Code::kInvalidArgument, Str(f.other, ": must have as many inputs and outputs as ", f.run.model));
  HASTEN_ASSIGN(b.session, PlanSession(f.run.plan, std::move(tested), inputs, /*keep_weights=*/true, report));
  LayerTrace before(*a.session->plan(), f.outputs_only ? 0 : kMostTraced);
  LayerTrace after(*b.session->plan(), f.outputs_only ? 0 : kMostTraced);
  RunOptions options;
  options.observer = &before;
  HASTEN_TRY(a.session->Run(inputs, &a.outputs, options).At(f.run.model));
  options.observer = &after;
  HASTEN_TRY(b.session->Run(inputs, &b.outputs, options).At(f.other.empty() ? f.run.model : f.other));
  std::vector<Compared> layers, outputs;
  for (const LayerTrace::Layer& layer : after.layers())
    if (const LayerTrace::Layer* same = before.Find(layer.name))
      layers.push_back(CompareOne(layer.name, layer.where, Value(layer.tensor), Value(same->tensor)));
  for (size_t i = 0; i < b.outputs.size(); ++i)
    outputs.push_back(CompareOne(a.session->output_name(i), "", b.outputs[i], a.outputs[i]));
  const auto outside = [&f](const Compared& c) { return !c.why_not.empty() || !(c.statistics.scaled() <= f.bound); };
  Show("layers", "layers", layers, f.bound, report);
  Show("outputs", "outputs", outputs, f.bound, report);
  if (const std::string ulps = UlpLine(outputs); !ulps.empty()) report->Line(ulps);
  if (!f.outputs_only && before.dropped() + after.dropped() > 0)
    report->Note(Str("layers beyond ", kMostTraced >> 30, " GB together were not compared"));
  const auto first = std::find_if(layers.begin(), layers.end(), outside);
  const std::string culprit = first == layers.end() ? "" : Str(Quote(first->name), ", ", first->where);
  if (!culprit.empty()) report->Line(Str("first layer beyond the bound: ", culprit));
  report->Fact([culprit](JsonWriter* json) { WriteField(json, "first_beyond", culprit); });
  const auto beyond = std::count_if(outputs.begin(), outputs.end(), outside);
  report->Print();
  if (beyond == 0) return {};
  return Status(Code::kInvalidArgument,
                fmt::format("{} of {} outputs differ by more than {:g} of their largest element", beyond,
                            outputs.size(), f.bound));
}

std::function<Status()> Define(CLI::App* app) {
  const auto f = std::make_shared<CompareFlags>();
  app->add_option("A", f->run.model, "The model that is right, computed by references: .onnx, .ir, or zoo:NAME")
      ->required()
      ->type_name("");
  app->add_option("B", f->other, "The model to test, planned as the options say (A itself)")->type_name("");
  app->add_option("--bound", f->bound, "Largest difference allowed, over the largest element of the value in A")
      ->type_name("X")
      ->capture_default_str()
      ->check(CLI::Validator(CLI::NonNegativeNumber).description(""));
  app->add_flag("--outputs-only", f->outputs_only, "Do not compare layers");
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
};

constexpr std::string_view kDoc =
    R"(Runs A by the references of its ops, without any rule, and B (or A again) as the options plan it, on the same
inputs. Each output is compared, and each value between nodes that has the same name in both: a value that was fused
away, or that lies in a layout of its kernel, is not there to be compared.

error is the largest difference over the largest element of A's value; relative figures leave out elements that are 0.
The histogram counts f32 elements by how many units in the last place they are apart. Lines with ! are beyond --bound.

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
