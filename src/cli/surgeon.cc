#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/mapped_file.h"
#include "cli/figures.h"
#include "cli/report.h"
#include "cli/surgeon_flags.h"
#include "engine/session.h"
#include "import/onnx/contents.h"
#include "import/onnx/export.h"
#include "ir/text.h"
#include "surgery/clean.h"
#include "surgery/edit.h"
#include "surgery/extract.h"
#include "surgery/lint.h"
#include "surgery/names.h"
#include "surgery/nodes.h"
#include "surgery/weights.h"

namespace hasten::cli {
namespace {

constexpr int64_t kExternalFrom = 1024;  // bytes of a weight that goes to the data file, where the model's own did

bool IsOnnx(const std::string& path) {
  return !path.ends_with(".ir") && !path.starts_with("zoo:") && !IsPlanFile(path);
}

// "old=new" at the first of these signs; names may contain later ones.
Result<std::pair<std::string, std::string>> Pair(const std::string& text, char sign, std::string_view form) {
  const size_t cut = sign == ':' ? text.rfind(sign) : text.find(sign);
  if (cut == std::string::npos || cut == 0) return Status(Code::kInvalidArgument, Str("'", text, "' must be ", form));
  return std::pair(text.substr(0, cut), text.substr(cut + 1));
}

// "a,b" as two names, unless a value is called so; "x:auto:auto", as another tool writes it, as x.
std::vector<std::string> SplitNames(const Graph& graph, const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  for (const std::string& text : texts) {
    if (graph.FindValue(text) != kNone) {
      out.push_back(text);
      continue;
    }
    for (std::string part : CLI::detail::split(text, ',')) {
      if (graph.FindValue(part) == kNone)
        while (part.ends_with(":auto")) part.resize(part.size() - std::string_view(":auto").size());
      out.push_back(std::move(part));
    }
  }
  return out;
}

Result<NodeSpec> SpecOf(const SurgeonFlags& f, const std::string& op_now, Graph* graph) {
  for (const std::string& text : f.constants) {
    HASTEN_ASSIGN(const auto pair, Pair(text, '=', "NAME=VALUE, as in low=0.0").At("--constant"));
    HASTEN_TRY(AddConstantFromText(graph, pair.first, pair.second).At("--constant"));
  }
  NodeSpec spec{f.op, f.domain, f.name, SplitNames(*graph, f.inputs), SplitNames(*graph, f.outputs), {}};
  for (const std::string& text : f.attrs) {
    HASTEN_ASSIGN(const auto pair, Pair(text, '=', "NAME=VALUE, as in alpha=0.1").At("--attr"));
    HASTEN_ASSIGN(NamedAttr attr, AttrFromText(f.op.empty() ? op_now : f.op, pair.first, pair.second).At("--attr"));
    spec.attrs.push_back(std::move(attr));
  }
  return spec;
}

Status ChangeNode(const SurgeonFlags& f, Graph* graph) {
  if (f.is("remove")) return RemoveNode(graph, f.node, f.by);
  std::string op_now;
  if (f.is("replace")) {
    HASTEN_ASSIGN(const NodeId n, NodeNamed(*graph, f.node));
    op_now = OpName(graph->node(n));
  }
  HASTEN_ASSIGN(const NodeSpec spec, SpecOf(f, op_now, graph));
  if (f.is("replace")) return ReplaceNode(graph, f.node, spec);
  if (!f.after.empty()) return InsertAfter(graph, f.after, spec);
  return InsertNode(graph, spec);
}

void WeightLine(std::string_view done, const WeightCount& count, Report* report) {
  report->Line(Str(done, " ", HumanCount(count.weights), " weights, ", HumanBytes(count.bytes)));
  report->Fact([count](JsonWriter* json) {
    WriteField(json, "weights", count.weights);
    WriteField(json, "weight_bytes", count.bytes);
  });
}

Status Clean(const SurgeonFlags& f, Model* model, Report* report) {
  if (f.is("sanitize")) {
    PassReport passes;
    HASTEN_TRY(Sanitize(model, &passes));
    const int64_t folded = passes.Of("fold_constant").fired;
    report->Line(Str("folded ", HumanCount(folded), " nodes into constants"));
    report->Fact([folded](JsonWriter* json) { WriteField(json, "folded", folded); });
    return {};
  }
  HASTEN_ASSIGN(const Pruned pruned, Prune(&model->graph, f.unused_inputs));
  report->Line(Str("removed ", HumanCount(pruned.nodes), " nodes, ", HumanCount(pruned.constants), " constants, ",
                   pruned.inputs.size(), " inputs"));
  report->Fact([pruned](JsonWriter* json) {
    WriteField(json, "pruned_nodes", pruned.nodes);
    WriteField(json, "pruned_constants", pruned.constants);
    WriteTexts(json, "pruned_inputs", pruned.inputs);
  });
  return {};
}

Status Operate(const SurgeonFlags& f, Model* model, Report* report) {
  Graph* graph = &model->graph;
  if (f.is("extract")) return Extract(SplitNames(*graph, f.inputs), SplitNames(*graph, f.outputs), graph);
  if (f.is("strip")) {
    HASTEN_ASSIGN(const WeightCount count, StripWeights(graph, f.at_least));
    WeightLine("stripped", count, report);
    return {};
  }
  if (f.is("restore")) {
    HASTEN_ASSIGN(const auto from, LoadModel(f.weights_from));
    HASTEN_ASSIGN(const WeightCount count, RestoreWeights(graph, from->graph).At(f.weights_from));
    WeightLine("restored", count, report);
    if (count.weights == 0) report->Note("no weight of the model was stripped: nothing is restored");
    return {};
  }
  if (f.is("sanitize") || f.is("prune")) return Clean(f, model, report);
  return f.is("edit") ? Status() : ChangeNode(f, graph);
}

Status Reshape(const SurgeonFlags& f, Graph* graph) {
  for (const std::string& text : f.shapes) {
    HASTEN_ASSIGN(const auto pair, Pair(text, ':', "NAME:DIMS, as in x:1,3,224,224"));
    std::string_view list = pair.second;
    if (list.starts_with('[') && list.ends_with(']')) list = list.substr(1, list.size() - 2);
    std::vector<Dim> dims;
    for (const std::string& part : CLI::detail::split(std::string(list), ',')) {
      if (list.empty()) break;
      HASTEN_ASSIGN(Dim d, Dim::Parse(part).At(text));
      if (d.is_const() && d.value() < 0) return Status(Code::kInvalidArgument, Str(text, ": a dim is negative"));
      dims.push_back(std::move(d));
    }
    HASTEN_TRY(SetInputShape(graph, pair.first, Shape(std::move(dims))).At("--override-input-shapes"));
  }
  for (const std::string& text : f.dims) {
    HASTEN_ASSIGN(const auto pair, Pair(text, '=', "NAME=DIM, as in batch=8"));
    HASTEN_ASSIGN(const Dim d, Dim::Parse(pair.second).At(text));
    if (d.is_const() && d.value() < 0) return Status(Code::kInvalidArgument, Str(text, ": the dim is negative"));
    HASTEN_TRY(SetDim(graph, pair.first, d).At("--dim"));
  }
  return {};
}

Status Interface(const SurgeonFlags& f, Graph* graph) {
  for (const std::string& name : f.mark_inputs) HASTEN_TRY(MarkInput(graph, name).At("--mark-input"));
  for (const std::string& name : f.mark_outputs) HASTEN_TRY(MarkOutput(graph, name).At("--mark-output"));
  for (const std::string& name : f.unmark_outputs) HASTEN_TRY(UnmarkOutput(graph, name).At("--unmark-output"));
  HASTEN_TRY(Reshape(f, graph));
  for (const std::string& text : f.renames) {
    HASTEN_ASSIGN(const auto pair, Pair(text, '=', "OLD=NEW").At("--rename"));
    HASTEN_TRY(RenameValue(graph, pair.first, pair.second).At("--rename"));
  }
  for (const std::string& text : f.node_renames) {
    HASTEN_ASSIGN(const auto pair, Pair(text, '=', "OLD=NEW").At("--rename-node"));
    HASTEN_TRY(RenameNode(graph, pair.first, pair.second).At("--rename-node"));
  }
  return {};
}

Status Write(const SurgeonFlags& f, const Model& model) {
  if (f.to.ends_with(".ir")) return WriteFile(f.to, Print(model));
  ExportOptions options{f.opset, f.external_bytes};
  if (!f.external_bytes && !f.one_file && IsOnnx(f.from)) {
    HASTEN_ASSIGN(const OnnxContents before, ReadOnnxContents(f.from));
    if (before.external) options.external_bytes = kExternalFrom;
  }
  return ExportOnnx(model, f.to, options).At(f.to);
}

void Tell(const SurgeonFlags& f, size_t nodes_before, const Graph& graph, Report* report) {
  const size_t nodes = CountNodes(graph);
  report->Line(Str(f.to, ": ", HumanCount(static_cast<int64_t>(nodes)), " nodes (", nodes_before, " before)"));
  const auto list = [&](std::string_view title, const std::string& key, const std::vector<ValueId>& values) {
    for (const ValueId v : values) {
      const GraphValue& value = graph.value(v);
      report->Line(Str("  ", title, Quote(value.name), "  ", value.type));
      if (value.type.is_tensor() && !value.type.shape.ranked() && !value.declared.shape.ranked())
        report->Note(Str("the rank of ", Quote(value.name), " is not known before a run: some readers ask for it"));
    }
    report->Fact([&graph, key, values](JsonWriter* json) {
      WriteKey(json, key);
      json->StartArray();
      for (const ValueId v : values) {
        json->StartObject();
        WriteField(json, "name", graph.value(v).name);
        WriteField(json, "type", graph.value(v).type.Text());
        json->EndObject();
      }
      json->EndArray();
    });
  };
  report->Fact([&f, nodes, nodes_before](JsonWriter* json) {
    WriteField(json, "operation", f.operation);
    WriteField(json, "output", f.to);
    WriteField(json, "nodes_before", static_cast<int64_t>(nodes_before));
    WriteField(json, "nodes_after", static_cast<int64_t>(nodes));
  });
  list("input   ", "inputs", graph.inputs);
  list("output  ", "outputs", graph.outputs);
  report->Print();
}

std::string CountText(const std::vector<Finding>& findings) {
  std::vector<std::string> parts;
  for (const auto level : {Finding::Level::kError, Finding::Level::kWarning, Finding::Level::kNote}) {
    const auto n = std::count_if(findings.begin(), findings.end(), [&](const Finding& f) { return f.level == level; });
    if (n > 0) parts.push_back(Str(n, " ", Name(level), n > 1 ? "s" : ""));
  }
  return parts.empty() ? "nothing to say" : Join(parts, ", ");
}

void WriteFindings(const std::vector<Finding>& findings, JsonWriter* json) {
  WriteKey(json, "findings");
  json->StartArray();
  for (const Finding& f : findings) {
    json->StartObject();
    WriteField(json, "level", Name(f.level));
    WriteField(json, "rule", f.rule);
    WriteField(json, "where", f.where);
    WriteField(json, "op", f.op);
    WriteField(json, "value", f.value);
    WriteField(json, "message", f.message);
    json->EndObject();
  }
  json->EndArray();
}

Status Lint(const SurgeonFlags& f, Report* report) {
  if (f.rules) {
    for (const LintRule& r : LintRules()) report->Line(fmt::format("{:<8} {:<19} {}", Name(r.level), r.name, r.doc));
    return {};
  }
  std::vector<Finding> findings;
  if (IsOnnx(f.from)) {
    HASTEN_ASSIGN(findings, LintFile(f.from));
  } else {
    HASTEN_ASSIGN(const auto model, LoadModel(f.from));
    findings = LintGraph(model->graph);
  }
  for (const Finding& one : findings)
    report->Line(fmt::format("{:<8} {:<19} {}: {}", Name(one.level), one.rule, one.where, one.message));
  report->Line(Str(f.from, ": ", CountText(findings)));
  report->Fact([&](JsonWriter* json) {
    WriteField(json, "model", f.from);
    WriteFindings(findings, json);
  });
  report->Print();
  const auto worst = f.strict ? Finding::Level::kWarning : Finding::Level::kError;
  if (findings.empty() || findings[0].level > worst) return {};
  return Status(Code::kInvalidModel, Str(f.from, ": ", CountText(findings)));
}

Status Surgeon(const SurgeonFlags& f, Report* report) {
  if (f.is("lint")) return Lint(f, report);
  const bool text = f.to.ends_with(".ir");
  if (!text && !f.to.ends_with(".onnx"))
    return Status(Code::kInvalidArgument, Str(f.to, ": must end in .onnx, or .ir for the text form"));
  if (text && (f.opset || f.external_bytes || f.one_file))
    return Status(Code::kInvalidArgument, Str(f.to, ": --opset and external data are for .onnx files"));
  HASTEN_ASSIGN(const std::unique_ptr<Model> model, LoadModel(f.from));
  report->Notes(model->notes);
  const size_t before = CountNodes(model->graph);
  HASTEN_TRY(Operate(f, model.get(), report).At(f.from));
  HASTEN_TRY(Interface(f, &model->graph).At(f.from));
  HASTEN_TRY(Write(f, *model));
  Tell(f, before, model->graph, report);
  return {};
}

std::function<Status()> Define(CLI::App* app) {
  const auto flags = std::make_shared<SurgeonFlags>();
  AddSurgeonFlags(app, flags.get());
  return [flags]() -> Status {
    Report report(flags->json, flags->quiet);
    return Surgeon(*flags, &report);
  };
}

constexpr Example kExamples[] = {
    {"The part of a model between two values, as a model.",
     "hasten surgeon extract in.onnx part.onnx --inputs conv1_out --outputs relu5_out"},
    {"Another batch, and a name that says what it is.",
     "hasten surgeon edit in.onnx out.onnx --dim batch=8 --rename input.1=image"},
    {"See a value between nodes.", "hasten surgeon edit in.onnx out.onnx --mark-output conv1_out"},
    {"Another activation.", "hasten surgeon replace in.onnx out.onnx --node relu1 --op LeakyRelu --attr alpha=0.1"},
    {"A node between a value and all that read it.",
     "hasten surgeon insert in.onnx out.onnx --op Clip --after conv1_out --constant low=0.0 --constant high=6.0 "
     "--inputs low,high"},
    {"Several nodes become one.",
     "hasten surgeon insert in.onnx out.onnx --op Gelu --inputs dense_out --outputs gelu_out"},
    {"Without a node: its readers read what it read.", "hasten surgeon remove in.onnx out.onnx --node dropout_3"},
    {"A small file that shows a problem, and the whole again.",
     "hasten surgeon strip in.onnx small.onnx && hasten surgeon restore small.onnx again.onnx --from in.onnx"},
    {"What is wrong with a file?", "hasten surgeon lint model.onnx"},
};

constexpr std::string_view kDoc =
    R"(OPERATION is one of:

extract: the part that computes --outputs from --inputs, types inferred. Where the outputs need more inputs, the error
names them.

edit: only what the options say of inputs, outputs, names, shapes, opset and external data. All other operations take
these options too, and do what they say afterwards.

insert: a node --after a value, or one that reads --inputs and computes --outputs; outputs that exist are taken from
the nodes that computed them, which go if nothing else needs them.

replace: a node by one of another --op, or the same with other attributes. remove: a node, whose readers then read its
input.

strip: weights become zeros made at run time, in a file that any runtime still loads; restore puts those of another
model in their places, by their names.

sanitize: nodes sorted, constants folded, unused nodes and initializers dropped; nothing else is simplified (that is
'hasten simplify'). prune: only what is unused.

lint: what is wrong (error), hardly meant (warning) or may matter (note), each with its node, op and value; also for
files that cannot be imported. --rules lists what is looked for.

Nodes without a name are named by a value they compute. Dims that a file leaves open are symbols: INPUT_dim0 is the
first of INPUT.

Exit status: 0 done, 1 bad input, a name that is not there, or findings of lint, 2 wrong usage.)";

}  // namespace

extern const Command kSurgeon = {
    .name = "surgeon",
    .summary = "cut, mend and inspect the graph of a model",
    .doc = kDoc,
    .examples = kExamples,
    .define = Define,
};

}  // namespace hasten::cli
