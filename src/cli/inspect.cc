#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/figures.h"
#include "cli/flag_checks.h"
#include "cli/model_facts.h"
#include "cli/report.h"
#include "engine/session.h"
#include "ir/text.h"

namespace hasten::cli {
namespace {

struct InspectFlags {
  std::string model;
  std::vector<std::string> shapes;
  bool text = false, json = false;
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

void ShowCosts(const ModelFacts& facts, const InputShapes& shapes, const Report& report) {
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

Status Inspect(const InspectFlags& flags) {
  std::optional<PlanFile> plan;
  if (IsPlanFile(flags.model)) {
    HASTEN_ASSIGN(plan, PlanFile::Open(flags.model));
  }
  HASTEN_ASSIGN(std::unique_ptr<Model> loaded, LoadModel(flags.model));
  const std::shared_ptr<const Model> model = std::move(loaded);
  if (flags.text) {
    fmt::print("{}", Print(*model));
    return {};
  }
  HASTEN_ASSIGN(const InputShapes shapes, InputShapes::Of(model->graph, flags.shapes));
  HASTEN_ASSIGN(const ModelFacts facts, GatherFacts(model, shapes));
  Report report(flags.json, false);
  ShowHead(*model, flags.model, report);
  if (plan) ShowPlan(*plan, &report);
  ShowValues(model->graph, "inputs:", model->graph.inputs, report);
  ShowValues(model->graph, "outputs:", model->graph.outputs, report);
  ShowOps(facts, report);
  ShowCosts(facts, shapes, report);
  report.Fact([&](JsonWriter* json) {
    WriteHead(*model, flags.model, json);
    ValueFacts(model->graph, "inputs", model->graph.inputs, json);
    ValueFacts(model->graph, "outputs", model->graph.outputs, json);
    WriteFacts(facts, shapes, json);
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
  return [f] { return Inspect(*f); };
}

constexpr Example kExamples[] = {
    {"What goes in, what comes out, what it costs.", "hasten inspect model.onnx"},
    {"The costs of a batch of eight.", "hasten inspect model.onnx --shape x=8x3x224x224"},
    {"Every node.", "hasten inspect model.onnx --text | less"},
};

constexpr std::string_view kDoc =
    R"(Operations are those of one run: two for each multiplication with addition, one per element where an op does
not say more; the body of a loop counts once. Memory is that of the parameters and of the values between
nodes; values whose size depends on data come on top. Symbols in shapes count as 1 unless --shape says more.)";

}  // namespace

extern const Command kInspect = {
    .name = "inspect",
    .summary = "show what is in a model and what it costs",
    .doc = kDoc,
    .examples = kExamples,
    .define = Define,
};

}  // namespace hasten::cli
