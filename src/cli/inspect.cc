#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/mapped_file.h"
#include "cli/command.h"
#include "cli/drawing.h"
#include "cli/figures.h"
#include "cli/flag_checks.h"
#include "cli/inspect/lifetimes.h"
#include "cli/inspect/model_facts.h"
#include "cli/inspect/sections.h"
#include "cli/plugins.h"
#include "cli/report.h"
#include "engine/session.h"
#include "ir/text.h"
#include "passes/pipeline.h"

namespace hasten::cli {
namespace {

struct InspectFlags {
  std::string model;
  std::vector<std::string> shapes;
  bool text = false, json = false, passes = false;
  bool nodes = false, weights = false, memory = false, cost = false;
  std::string dot, svg, memory_svg;
  bool any_section() const { return nodes || weights || memory || cost || !memory_svg.empty(); }
  Plugins plugins;
};

std::string Opsets(const Model& model) {
  std::vector<std::string> all;
  for (const OpsetId& o : model.opsets) all.push_back(Str(o.domain.empty() ? "ai.onnx" : o.domain, " ", o.version));
  return Join(all, ", ");
}

void ShowHead(const Model& model, const std::string& path, const Report& report) {
  report.Line(path);
  report.Line(Str("  opset       ", Opsets(model), "; IR version ", model.ir_version));
  const std::string producer =
      Str(model.producer_name, model.producer_version.empty() ? "" : " ", model.producer_version);
  if (!producer.empty()) report.Line(Str("  producer    ", producer));
  if (!model.graph.name.empty()) report.Line(Str("  graph       ", Quote(model.graph.name)));
  if (!model.doc.empty()) report.Line(Str("  doc         ", Quote(model.doc)));
  for (const auto& [key, value] : model.metadata) report.Line(Str("  metadata    ", Quote(key), " = ", Quote(value)));
  for (const std::string& note : model.notes) report.Line(Str("  note        ", note));
}

// What a plan file says of itself.
void ShowPlan(const PlanFile& plan, Report* report) {
  const int64_t threads = plan.settings().threads;
  report->Line(Str("  planned by  hasten ", plan.version(), " for ", Quote(plan.machine()), ", ", threads,
                   threads == 1 ? " thread" : " threads"));
  report->Fact([version = plan.version(), machine = plan.machine(), threads](JsonWriter* json) {
    WriteKey(json, "plan");
    json->StartObject();
    WriteField(json, "hasten", version);
    WriteField(json, "machine", machine);
    WriteField(json, "threads", threads);
    json->EndObject();
  });
}

void ShowValues(const Graph& graph, std::string_view title, const std::vector<ValueId>& values, const Report& report) {
  report.Line(title);
  for (const ValueId v : values) report.Line(Str("  ", Quote(graph.value(v).name), "  ", graph.value(v).type));
}

void ShowOps(const ModelFacts& facts, const Report& report) {
  std::vector<std::pair<std::string, int64_t>> ops(facts.ops.begin(), facts.ops.end());
  std::stable_sort(ops.begin(), ops.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  report.Line(Str("nodes: ", HumanCount(facts.nodes)));
  for (const auto& [name, count] : ops)
    report.Line(fmt::format("  {:>6}  {}{}", HumanCount(count), name,
                            facts.unknown_ops.count(name) ? "  (unknown: carried, not run)" : ""));
}

std::string Assumption(const ModelFacts& facts, const InputShapes& shapes) {
  std::vector<std::string> all;
  for (const std::string& symbol : facts.symbols) all.push_back(Str(symbol, " = ", shapes.Symbol(symbol).value_or(1)));
  return all.empty() ? "" : Str(" (", Join(all, ", "), ")");
}

void ShowTotals(const ModelFacts& facts, const InputShapes& shapes, const Report& report) {
  if (!facts.symbols.empty()) report.Line(Str("symbols: ", Join(facts.symbols, ", ")));
  report.Line(Str("parameters: ", HumanCount(facts.parameters), ", ", HumanBytes(facts.parameter_bytes)));
  const std::string assumption = Assumption(facts, shapes);
  report.Line(
      Str("operations: ", facts.flops ? HumanScaled(*facts.flops) + assumption : Str("unknown: ", facts.why_no_flops)));
  report.Line(facts.arena_bytes ? Str("memory: ", HumanBytes(facts.parameter_bytes + *facts.arena_bytes), ", of which ",
                                      HumanBytes(*facts.arena_bytes), " between nodes", assumption)
                                : Str("memory: unknown: ", facts.why_no_arena));
}

void ValueFacts(const Graph& graph, std::string_view key, const std::vector<ValueId>& values, JsonWriter* json) {
  WriteKey(json, key);
  json->StartArray();
  for (const ValueId v : values) {
    json->StartObject();
    WriteField(json, "name", graph.value(v).name);
    WriteField(json, "type", graph.value(v).type.Text());
    json->EndObject();
  }
  json->EndArray();
}

void WriteHead(const Model& model, const std::string& path, JsonWriter* json) {
  WriteField(json, "model", path);
  WriteField(json, "ir_version", int64_t{model.ir_version});
  WriteKey(json, "opsets");
  json->StartObject();
  for (const OpsetId& o : model.opsets) WriteField(json, o.domain.empty() ? "ai.onnx" : o.domain, int64_t{o.version});
  json->EndObject();
  WriteField(json, "producer", model.producer_name);
  WriteField(json, "producer_version", model.producer_version);
  WriteField(json, "graph", model.graph.name);
  WriteField(json, "doc", model.doc);
  WriteKey(json, "metadata");
  json->StartObject();
  for (const auto& [key, value] : model.metadata) WriteField(json, key, value);
  json->EndObject();
  WriteTexts(json, "notes", model.notes);
}

void WriteFacts(const ModelFacts& facts, const InputShapes& shapes, JsonWriter* json) {
  WriteField(json, "nodes", facts.nodes);
  WriteKey(json, "ops");
  json->StartObject();
  for (const auto& [name, count] : facts.ops) WriteField(json, name, count);
  json->EndObject();
  WriteTexts(json, "unknown_ops", std::vector<std::string>(facts.unknown_ops.begin(), facts.unknown_ops.end()));
  WriteKey(json, "symbols");
  json->StartObject();
  for (const std::string& symbol : facts.symbols) WriteField(json, symbol, shapes.Symbol(symbol).value_or(1));
  json->EndObject();
  WriteField(json, "parameters", facts.parameters);
  WriteField(json, "parameter_bytes", facts.parameter_bytes);
  const auto number = [json](std::string_view key, const auto& v) {
    if (v) return WriteField(json, key, *v);
    WriteKey(json, key);
    json->Null();
  };
  number("operations", facts.flops);
  number("arena_bytes", facts.arena_bytes);
}

// The model as 'hasten run' computes it, and what made it so.
struct Passed {
  std::unique_ptr<Model> model;
  PassReport report;
};

Result<Passed> RunPasses(const std::string& path, const Catalog& catalog) {
  Passed out;
  HASTEN_ASSIGN(out.model, LoadModel(path, catalog));
  PassOptions options;
  options.log = true;
  HASTEN_TRY(Optimize(out.model.get(), options, &out.report).At(path));
  return out;
}

// How what a rule does begins; empty for a pass.
std::string DocOf(std::string_view name) {
  constexpr size_t kMost = 90;
  for (const Rule* rule : BuiltInRules())
    if (rule->name == name)
      return rule->doc.size() > kMost ? Str(rule->doc.substr(0, kMost), "...") : std::string(rule->doc);
  return {};
}

void ShowPasses(const PassReport& passes, const Report& report) {
  constexpr size_t kShown = 8;
  report.Line(Str("passes: ", HumanCount(static_cast<int64_t>(passes.nodes_before)), " nodes -> ",
                  HumanCount(static_cast<int64_t>(passes.nodes_after))));
  for (const PassReport::Entry& e : passes.entries) {
    if (e.fired == 0) continue;
    report.Line(
        fmt::format("  {:>6}  {:<24} {:>9}  {}", HumanCount(e.fired), e.name, HumanMilliseconds(e.ms), DocOf(e.name)));
    size_t shown = 0;
    for (const PassReport::Firing& f : passes.firings)
      if (f.rule == e.name && shown++ < kShown) report.Line(Str("            at ", f.node));
    if (shown > kShown) report.Line(Str("            and ", shown - kShown, " more; --json lists all"));
  }
  for (const std::string& note : passes.notes) report.Line(Str("  note    ", note));
}

void WritePasses(const PassReport& passes, JsonWriter* json) {
  WriteKey(json, "passes");
  json->StartObject();
  WriteField(json, "nodes_before", static_cast<int64_t>(passes.nodes_before));
  WriteField(json, "nodes_after", static_cast<int64_t>(passes.nodes_after));
  WriteKey(json, "fired");
  json->StartObject();
  for (const PassReport::Entry& e : passes.entries)
    if (e.fired > 0) WriteField(json, e.name, int64_t{e.fired});
  json->EndObject();
  WriteKey(json, "firings");
  json->StartArray();
  for (const PassReport::Firing& f : passes.firings) {
    json->StartObject();
    WriteField(json, "rule", f.rule);
    WriteField(json, "node", f.node);
    json->EndObject();
  }
  json->EndArray();
  WriteTexts(json, "notes", passes.notes);
  json->EndObject();
}

Status WritePictures(const InspectFlags& flags, const Model& model, const std::optional<Passed>& passed,
                     const Report& report) {
  std::vector<DrawnGraph> pictures = {{passed ? Str(flags.model, ", before") : flags.model, &model.graph}};
  if (passed) pictures.push_back({"after the passes", &passed->model->graph});
  const auto write = [&](const std::string& path, std::string (*text)(const std::vector<DrawnGraph>&)) -> Status {
    if (path.empty()) return {};
    HASTEN_TRY(WriteFile(path, text(pictures)).At(path));
    report.Line(Str("written: ", path));
    return {};
  };
  HASTEN_TRY(write(flags.dot, DotText));
  return write(flags.svg, SvgText);
}

Status ShowSections(const InspectFlags& flags, const std::shared_ptr<const Model>& model, const InputShapes& shapes,
                    Report* report) {
  if (flags.weights) ShowWeights(model->graph, report);
  if (!flags.nodes && !flags.cost && !flags.memory && flags.memory_svg.empty()) return {};
  HASTEN_ASSIGN(const std::vector<Value> inputs, AnyInputs(model->graph, shapes));
  if (flags.nodes || flags.cost) {
    HASTEN_ASSIGN(const auto costs, CostsOf(model->graph, inputs));
    if (flags.nodes) ShowNodes(costs, report);
    if (flags.cost) ShowCosts(costs, report);
  }
  if (!flags.memory && flags.memory_svg.empty()) return {};
  HASTEN_ASSIGN(const MemoryMap map, MapMemory(model, inputs));
  if (flags.memory) ShowMemory(map, report);
  if (flags.memory_svg.empty()) return {};
  HASTEN_TRY(WriteFile(flags.memory_svg, MemorySvg(map, flags.model)).At(flags.memory_svg));
  report->Line(Str("written: ", flags.memory_svg));
  return {};
}

Status Inspect(const InspectFlags& flags) {
  std::optional<PlanFile> plan;
  if (IsPlanFile(flags.model)) {
    HASTEN_ASSIGN(plan, PlanFile::Open(flags.model));
  }
  HASTEN_ASSIGN(std::unique_ptr<Model> loaded, LoadModel(flags.model, flags.plugins.catalog()));
  const std::shared_ptr<const Model> model = std::move(loaded);
  std::optional<Passed> passed;
  if (flags.passes) {
    HASTEN_ASSIGN(passed, RunPasses(flags.model, flags.plugins.catalog()));
  }
  if (flags.text) {
    fmt::print("{}", Print(passed ? *passed->model : *model));
    return WritePictures(flags, *model, passed, Report(true, true));
  }
  HASTEN_ASSIGN(const InputShapes shapes, InputShapes::Of(model->graph, flags.shapes));
  Report report(flags.json, false);
  if (flags.any_section()) {
    const std::shared_ptr<const Model> shown = passed ? std::shared_ptr<const Model>(std::move(passed->model)) : model;
    HASTEN_TRY(ShowSections(flags, shown, shapes, &report).At(flags.model));
    report.Print();
    return {};
  }
  HASTEN_ASSIGN(const ModelFacts facts, GatherFacts(model, shapes));
  ShowHead(*model, flags.model, report);
  if (plan) ShowPlan(*plan, &report);
  ShowValues(model->graph, "inputs:", model->graph.inputs, report);
  ShowValues(model->graph, "outputs:", model->graph.outputs, report);
  ShowOps(facts, report);
  ShowTotals(facts, shapes, report);
  if (passed) ShowPasses(passed->report, report);
  HASTEN_TRY(WritePictures(flags, *model, passed, report));
  report.Fact([&](JsonWriter* json) {
    WriteHead(*model, flags.model, json);
    ValueFacts(model->graph, "inputs", model->graph.inputs, json);
    ValueFacts(model->graph, "outputs", model->graph.outputs, json);
    WriteFacts(facts, shapes, json);
    if (passed) WritePasses(passed->report, json);
  });
  report.Print();
  return {};
}

std::function<Status()> Define(CLI::App* app) {
  const auto f = std::make_shared<InspectFlags>();
  app->add_option("MODEL", f->model, "The model: .onnx, .ir (the text form), a plan file, or zoo:NAME")
      ->required()
      ->type_name("");
  app->add_option("--shape", f->shapes, "Lengths that the model leaves open, for operations and memory: x=1x3x224x224")
      ->type_name("NAME=DIMS")
      ->allow_extra_args(false)
      ->check(Parses([](const std::string& s) { return ParseShape(s); }));
  auto* text =
      app->add_flag("--text", f->text, "Print the whole graph in the text form, which 'hasten' reads again as .ir");
  app->add_flag("--json", f->json, "Print one JSON object instead of text")->excludes(text);
  AddPluginFlag(app, &f->plugins);
  app->option_defaults()->group("Instead of the summary");
  app->add_flag("--nodes", f->nodes, "Each node: outputs, operations, bytes, parameters")->excludes(text);
  app->add_flag("--weights", f->weights, "Each weight: type, size, range, mean, deviation, zeros, NaN, infinities")
      ->excludes(text);
  app->add_flag("--cost", f->cost,
                "Operations, bytes and parameters by op, and by block (the first parts of nodes' names)")
      ->excludes(text);
  app->add_flag("--memory", f->memory, "How the values of a run share memory: from which step to which each lives")
      ->excludes(text);
  app->add_option("--memory-svg", f->memory_svg, "The same as a picture")->type_name("FILE.svg")->excludes(text);
  app->option_defaults()->group("Passes and pictures");
  app->add_flag(
      "--passes", f->passes,
      "Simplify and fuse as 'hasten run' does, and show which rule fired where; --text then prints the result");
  app->add_option("--svg", f->svg, "Draw the graph; with --passes before and after, side by side, differences marked")
      ->type_name("FILE.svg");
  app->add_option("--dot", f->dot, "The same in Graphviz's language")->type_name("FILE.dot");
  return [f] { return Inspect(*f); };
}

constexpr Example kExamples[] = {
    {"What goes in, what comes out, what it costs.", "hasten inspect model.onnx"},
    {"The costs of a batch of eight.", "hasten inspect model.onnx --shape x=8x3x224x224"},
    {"Which nodes cost most?", "hasten inspect model.onnx --cost"},
    {"Are there NaNs among the weights?", "hasten inspect model.onnx --weights"},
    {"What fills the memory, and when?", "hasten inspect model.onnx --passes --memory"},
    {"The graph in text form.", "hasten inspect model.onnx --text | less"},
    {"What was fused, as a list and as a picture.", "hasten inspect model.onnx --passes --svg passes.svg"},
};

constexpr std::string_view kDoc =
    R"(--nodes, --weights, --cost and --memory show the model as it is in the file, or with --passes as
'hasten run' computes it.

Operations are those of one run: two for each multiplication with addition, one per element where an op does
not say more; the body of a loop counts once. Memory is that of the parameters and of the values between
nodes; values whose size depends on data come on top. Symbols in shapes count as 1 unless --shape says more. Bytes are
read and written by a node, weights included. In the picture of --memory time goes from left to right, # where a value
lives.

A picture shows nodes with op, name and type; constants, attributes and names of values appear when it is pointed at.
"Conv + 3" has an epilogue of three elementwise steps. Of two graphs, nodes that only the first has, or has otherwise,
are red, those that only the second has are green. Graphs inside nodes are not drawn.)";

}  // namespace

extern const Command kInspect = {
    .name = "inspect",
    .summary = "show what is in a model and what it costs",
    .doc = kDoc,
    .examples = kExamples,
    .define = Define,
};

}  // namespace hasten::cli
