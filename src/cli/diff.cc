#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/report.h"
#include "engine/session.h"
#include "surgery/difference.h"

namespace hasten::cli {
namespace {

struct DiffFlags {
  std::string first, second;
  bool json = false, quiet = false;
};

using Entries = std::vector<GraphDifference::Entry>;

std::string_view Sign(GraphDifference::Kind kind) {
  switch (kind) {
    case GraphDifference::Kind::kOnlyFirst: return "-";
    case GraphDifference::Kind::kOnlySecond: return "+";
    default: return "!";
  }
}

void ShowEntries(std::string_view title, std::string_view key, const Entries& entries, Report* report) {
  if (!entries.empty()) report->Line(Str(title, ":"));
  for (const auto& entry : entries) {
    report->Line(Str(Sign(entry.kind), " ", entry.what));
    for (const std::string& change : entry.changes) report->Line(Str("      ", change));
  }
  report->Fact([key = std::string(key), entries](JsonWriter* json) {
    WriteKey(json, key);
    json->StartArray();
    for (const auto& entry : entries) {
      json->StartObject();
      WriteField(json, "sign", Sign(entry.kind));
      WriteField(json, "what", entry.what);
      WriteTexts(json, "changes", entry.changes);
      json->EndObject();
    }
    json->EndArray();
  });
}

std::string Summary(const GraphDifference& d) {
  std::vector<std::string> parts;
  if (!d.interface.empty()) parts.push_back(Str(d.interface.size(), " in the interface"));
  if (!d.nodes.empty()) parts.push_back(Str(d.nodes.size(), " among nodes"));
  if (!d.weights.empty()) parts.push_back(Str(d.weights.size(), " among weights"));
  return Join(parts, ", ");
}

Status Diff(const DiffFlags& flags) {
  HASTEN_ASSIGN(const auto first, LoadModel(flags.first));
  HASTEN_ASSIGN(const auto second, LoadModel(flags.second));
  const GraphDifference d = Differ(*first, *second);
  Report report(flags.json, flags.quiet);
  report.Fact([&d](JsonWriter* json) {
    WriteKey(json, "equal");
    json->Bool(d.equal());
  });
  if (!flags.quiet || flags.json) {
    ShowEntries("interface", "interface", d.interface, &report);
    ShowEntries("nodes", "nodes", d.nodes, &report);
    ShowEntries("weights", "weights", d.weights, &report);
    report.Line(Str("the same: ", d.same_nodes, " nodes, ", d.same_weights, " weights"));
  }
  report.Print();
  if (d.equal()) return {};
  return Status(Code::kInvalidModel, Str(flags.first, " and ", flags.second, " differ: ", Summary(d)));
}

std::function<Status()> Define(CLI::App* app) {
  const auto f = std::make_shared<DiffFlags>();
  app->add_option("FIRST", f->first, "A model: .onnx, .ir (the text form), a plan file, or zoo:NAME")
      ->required()
      ->type_name("");
  app->add_option("SECOND", f->second, "Another one")->required()->type_name("");
  app->add_flag("--json", f->json, "Print one JSON object instead of text");
  app->add_flag("-q,--quiet", f->quiet, "Only the exit status");
  return [f] { return Diff(*f); };
}

constexpr Example kExamples[] = {
    {"What did the exporter change?", "hasten diff yesterday.onnx today.onnx"},
    {"In a script: are they the same?", "hasten diff -q a.onnx b.onnx"},
};

constexpr std::string_view kDoc =
    R"(A line that begins with - is only in the first model, + only in the second, ! in both with what changed below.

Nodes belong together by their names, else by what their first output is called, else by their op and
operands, so that neither the order of nodes nor new names of values inside count. Weights belong together by
their names and are compared bit for bit. Graphs inside nodes (If, Loop, Scan) count as one attribute.

What two models compute is compared by 'hasten compare'; what two plans chose by 'hasten plan --diff'.

Exit status: 0 the same, 1 a difference or bad input, 2 wrong usage.)";

}  // namespace

extern const Command kDiff = {
    .name = "diff",
    .summary = "show what distinguishes two models: interface, nodes, attributes, weights",
    .doc = kDoc,
    .examples = kExamples,
    .define = Define,
};

}  // namespace hasten::cli
