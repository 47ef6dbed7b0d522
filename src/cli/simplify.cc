#include <CLI/CLI.hpp>
#include <chrono>
#include <future>
#include <set>

#include "base/mapped_file.h"
#include "cli/fixed_shapes.h"
#include "cli/simplify_report.h"
#include "cli/until_exit.h"
#include "engine/session.h"
#include "import/onnx/export.h"
#include "ir/copy.h"
#include "ops/depth_space.h"
#include "ops/infer.h"

namespace hasten::cli {
namespace {

constexpr int64_t kExternalFrom = 1024;  // bytes of a weight that goes to the data file, if there is one
constexpr int64_t kFoldedGrowth = int64_t{16} << 20;

bool IsOnnx(const std::string& path) { return !path.ends_with(".ir") && !path.starts_with("zoo:"); }

Status RemoveOutputs(const std::vector<std::string>& names, Graph* graph) {
  for (const std::string& name : names) {
    const ValueId v = graph->FindValue(name);
    const auto it = std::find(graph->outputs.begin(), graph->outputs.end(), v);
    if (v == kNone || it == graph->outputs.end())
      return Status(Code::kInvalidArgument, Str("--unused-output: the model has no output ", Quote(name)));
    if (graph->outputs.size() == 1)
      return Status(Code::kInvalidArgument, Str("--unused-output ", name, ": the model has no other output"));
    graph->outputs.erase(it);
  }
  RemoveDead(graph);
  return {};
}

// The model as the flags change it before any rule does; the check compares with this.
Result<std::unique_ptr<Model>> Prepared(const SimplifyFlags& f) {
  HASTEN_ASSIGN(auto model, LoadModel(f.from));
  Graph* graph = &model->graph;
  if (!f.shapes.empty()) {
    HASTEN_ASSIGN(const auto texts, NormalShapes(*graph, f.shapes));
    HASTEN_ASSIGN(const InputShapes shapes, InputShapes::Of(*graph, texts));
    HASTEN_TRY(FixShapes(shapes, graph).At("--overwrite-input-shape"));
  }
  HASTEN_TRY(RemoveOutputs(f.unused_outputs, graph));
  return model;
}

// LayerNormalization came with 17, and what reads ops of com.microsoft reads that.
constexpr int kLayerNormalization = 17, kHardSwish = 14, kFirstRaised = 7, kColumnFirst = 11;  // of DepthToSpace

// The opset whose ops rules may make.
int OpsetOfRules(const SimplifyFlags& f, const Model& model) {
  const int own = model.opset("");
  return f.opset.value_or(f.contrib && own >= kFirstRaised ? std::max(own, kLayerNormalization) : own);
}

// Whether a node has no form at that opset: rules made it.
bool IsBeyond(const Node& node, int opset) {
  if (!node.op) return false;
  if (node.op->name == "LayerNormalization") return opset < kLayerNormalization;
  if (node.op->name == "HardSwish") return opset < kHardSwish;
  return node.op->name == "DepthToSpace" && node.attrs.as<DepthSpaceAttrs>().mode != "DCR" && opset < kColumnFirst;
}

bool HasNodeBeyond(const Graph& graph, int opset) {
  for (const NodeId n : graph.Order()) {
    if (IsBeyond(graph.node(n), opset)) return true;
    for (const GraphPtr& body : graph.node(n).attrs.Graphs())
      if (HasNodeBeyond(*body, opset)) return true;
  }
  return false;
}

// The opset of the file: later than the model's only for what rules made.
int OpsetOfFile(const SimplifyFlags& f, const Model& model) {
  return f.opset || HasNodeBeyond(model.graph, model.opset("")) ? OpsetOfRules(f, model) : model.opset("");
}

PassOptions OptionsOf(const SimplifyFlags& f, const Model& model) {
  PassOptions options;
  options.target = Target::kFile;
  options.numerics = f.precision == "exact" ? Numerics::kExact : Numerics::kReassociated;
  options.off = f.off;
  options.opset = OpsetOfRules(f, model);
  options.contrib = f.contrib;
  options.log = !f.report.empty();
  options.fold_small_bytes = kFoldedGrowth;
  if (f.largest_made) {
    options.fold_small_bytes = *f.largest_made;
    options.fold_growth = 1;
  }
  return options;
}

// Constants that are inputs are not known to rules.
Status Optimise(const SimplifyFlags& f, const OnnxContents& contents, Model* model, PassReport* report) {
  if (f.no_passes) return {};
  Graph* graph = &model->graph;
  const std::vector<ValueId> inputs = graph->inputs;
  std::vector<std::string> unknown;
  if (f.keep_defaults) unknown = contents.defaulted;
  if (f.weights_vary) unknown.insert(unknown.end(), contents.initializers.begin(), contents.initializers.end());
  for (const std::string& name : unknown) {
    const ValueId v = graph->FindValue(name);
    const bool is_input = std::find(graph->inputs.begin(), graph->inputs.end(), v) != graph->inputs.end();
    if (v != kNone && graph->value(v).constant && !is_input) graph->inputs.push_back(v);
  }
  const std::set<std::string> defaulted(contents.defaulted.begin(), contents.defaulted.end());
  HASTEN_TRY(Optimize(model, OptionsOf(f, *model), report));
  constexpr int kFirstIrWithDefaults = 4;
  std::erase_if(graph->inputs, [&](ValueId v) {
    const bool added = std::find(inputs.begin(), inputs.end(), v) == inputs.end();
    const bool stays = f.keep_defaults && model->ir_version >= kFirstIrWithDefaults;
    return added && !(stays && defaulted.contains(graph->value(v).name));
  });
  RemoveDead(graph);
  return {};
}

// What the result is compared with.  Where it computes on integers what the original does between DequantizeLinear and
// QuantizeLinear, f32 that rounds to either side of half a step makes them differ by steps: the original is then
// computed on integers, too, by the two rules that plans have for that.
Result<std::shared_ptr<const Model>> Judge(std::unique_ptr<Model> model, const PassReport& report) {
  const bool is_quantized = std::any_of(report.entries.begin(), report.entries.end(), [](const PassReport::Entry& e) {
    return e.name == "quantized_to_contrib" && e.fired > 0;
  });
  if (!is_quantized) return std::shared_ptr<const Model>(std::move(model));
  std::vector<const Rule*> rules;
  for (const Rule* rule : BuiltInRules())
    if (rule->name == "fuse_quantized" || rule->name == "move_quantized") rules.push_back(rule);
  const Pass pass{"quantized", Stage::kWeights};
  PassReport unread;
  HASTEN_TRY(RunPasses({&pass, 1}, rules, &model->graph, {}, &unread));
  return std::shared_ptr<const Model>(std::move(model));
}

void CountOps(const Graph& graph, OnnxContents* out) {
  for (const NodeId n : graph.Order()) {
    ++out->ops[OpName(graph.node(n))];
    for (const GraphPtr& body : graph.node(n).attrs.Graphs()) CountOps(*body, out);
  }
}

int64_t WeightBytes(const Graph& graph) {
  int64_t sum = 0;
  for (ValueId v = 0; v < graph.value_slots(); ++v)
    if (const Tensor* t = graph.value(v).alive ? graph.constant(v) : nullptr) sum += t->bytes();
  return sum;
}

ExportOptions FileOptions(const SimplifyFlags& f, const OnnxContents& before, const Model& model) {
  ExportOptions options{OpsetOfFile(f, model), {}};
  const bool large = f.external_threshold && WeightBytes(model.graph) > *f.external_threshold;
  if (f.external || before.external || large) options.external_bytes = kExternalFrom;
  return options;
}

Status WritePage(const SimplifyFlags& f, const Simplified& s) {
  HASTEN_ASSIGN(const std::shared_ptr<const Model> original, Prepared(f));
  HASTEN_ASSIGN(const std::shared_ptr<const Model> written, LoadModel(f.to));
  HASTEN_ASSIGN(const InputShapes shapes_before, InputShapes::Of(original->graph, {}));
  HASTEN_ASSIGN(const InputShapes shapes_after, InputShapes::Of(written->graph, {}));
  HASTEN_ASSIGN(const ModelFacts before, GatherFacts(original, shapes_before));
  HASTEN_ASSIGN(const ModelFacts after, GatherFacts(written, shapes_after));
  return WriteFile(f.report, HtmlPage(s, before, after)).At(f.report);
}

Status Simplify(const SimplifyFlags& f, Report* report) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  if (!f.to.ends_with(".onnx")) return Status(Code::kInvalidArgument, Str(f.to, ": must end in .onnx"));
  Simplified s{f.from, f.to, {}, {}, {}, {}, 0};
  report->Line("Simplifying...");
  // What the files say of themselves is read beside the models.
  std::future<Result<OnnxContents>> before, after;
  if (IsOnnx(f.from)) before = std::async(std::launch::async, ReadOnnxContents, f.from);
  HASTEN_ASSIGN(std::unique_ptr<Model> model, Prepared(f));
  if (before.valid()) {
    HASTEN_ASSIGN(s.before, before.get());
  }
  std::unique_ptr<Model> original = f.check_n > 0 ? CopyOf(*model) : nullptr;
  if (!IsOnnx(f.from)) CountOps(model->graph, &s.before);
  report->Notes(model->notes);
  // The original runs while rules are at work, unless it depends on them what to compare with.
  std::optional<CheckInputs> inputs;
  std::future<OriginalRun> judge;
  const auto start_judge = [&](std::shared_ptr<const Model> m) -> Status {
    HASTEN_ASSIGN(CheckInputs made, CheckInputs::Of(f, std::move(m)));
    inputs.emplace(std::move(made));
    judge = OriginalRun::Begin(*inputs);
    return {};
  };
  if (original && !f.contrib) HASTEN_TRY(start_judge(std::move(original)));
  HASTEN_TRY(Optimise(f, s.before, model.get(), &s.passes).At(f.from));
  HASTEN_TRY(ExportOnnx(*model, f.to, FileOptions(f, s.before, *model)).At(f.to));
  after = std::async(std::launch::async, ReadOnnxContents, f.to);
  s.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (f.check_n > 0) {
    if (original) {
      HASTEN_ASSIGN(std::shared_ptr<const Model> rewritten, Judge(std::move(original), s.passes));
      HASTEN_TRY(start_judge(std::move(rewritten)));
    }
    HASTEN_ASSIGN(std::shared_ptr<const Model> written, LoadModel(f.to));
    HASTEN_ASSIGN(s.check, CheckSimplified(*inputs, std::move(written), std::move(judge)));
  }
  HASTEN_ASSIGN(s.after, after.get());
  report->Fact([&s](JsonWriter* json) { SimplifyFacts(s, json); });
  report->Line("Finish! Here is the difference:");
  report->Line(DifferenceTable(s));
  report->Line(CheckLine(s.check));
  if (!f.report.empty()) HASTEN_TRY(WritePage(f, s));
  report->Print();
  KeepUntilExit(std::move(model));
  KeepUntilExit(std::move(inputs));
  if (!s.check.differs.empty())
    return Status(Code::kInvalidArgument, Str("check failed: ", s.check.differs, "; ", f.to, " must not be used"));
  if (!s.check.why_not.empty() && f.asked_to_check)
    return Status(Code::kInvalidArgument,
                  Str("could not check: ", s.check.why_not, "; give --test-input-shape or --input-data-path"));
  return {};
}

std::function<Status()> Define(CLI::App* app) {
  const auto flags = std::make_shared<SimplifyFlags>();
  AddSimplifyFlags(app, flags.get());
  return [flags]() -> Status {
    Report report(flags->json, flags->quiet);
    return Simplify(*flags, &report);
  };
}

constexpr Example kExamples[] = {
    {"Fewer nodes, the same results.", "hasten simplify in.onnx out.onnx"},
    {"A batch of 1, and three sets of inputs to compare with.",
     "hasten simplify in.onnx out.onnx 3 --overwrite-input-shape input:1,3,224,224"},
    {"What was changed, and what it saves.", "hasten simplify in.onnx out.onnx --report report.html"},
    {"For ONNX Runtime: its own ops, too.", "hasten simplify in.onnx out.onnx --contrib"},
    {"For scripts that call onnxsim.", "ln -s $(command -v hasten) ~/bin/onnxsim"},
};

constexpr std::string_view kDoc =
    R"(Computes what can be computed beforehand, removes what changes nothing, and folds constants into weights.
The result is a model of the standard's ops at the model's own opset, with its names, doc strings and metadata; what
only a plan can use (fused epilogues, layouts) is not in it. Graphs inside nodes are simplified, too.

With --contrib the result is for ONNX Runtime: ops of com.microsoft stand for several nodes, as its extended level makes
them (FusedConv, Attention, SkipLayerNormalization, QLinearAdd, ...). Nodes between DequantizeLinear and QuantizeLinear
are then computed on integers, and the check does the same with the original.

Takes the arguments of onnxsim, and is it when called by that name. Flags of onnxsim that ask for something else
(quantising, other file formats, other providers) are refused. What differs: outputs are compared without being asked;
weights stay in one file unless the input's did not, or they do not fit.

The check runs both models without any rule on the same inputs, at once: inputs made up (see --input-fill), with small
lengths where the model leaves them open: a batch of two, which shows what mixes samples, or of one where every node of
both models is known to keep them apart. A model that cannot be run so is written all the same and said not to be
checked; where CHECK_N was given, that is an error.

Exit status: 0 done, 1 bad input or a difference, 2 wrong usage.)";

}  // namespace

extern const Command kSimplify = {
    .name = "simplify",
    .summary = "write a model with fewer nodes that computes the same",
    .doc = kDoc,
    .examples = kExamples,
    .define = Define,
};

}  // namespace hasten::cli
