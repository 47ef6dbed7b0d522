#include "cli/surgeon_flags.h"

#include "cli/flag_checks.h"

namespace hasten::cli {
namespace {

constexpr std::string_view kWriters = "extract|edit|insert|replace|remove|strip|restore|sanitize|prune";

// Operations that have use for an option.
struct Serves {
  const char* option;
  std::string_view operations;
};
constexpr Serves kServes[] = {
    {"--inputs", "extract|insert|replace"},
    {"--outputs", "extract|insert"},
    {"--node", "replace|remove"},
    {"--after", "insert"},
    {"--by", "remove"},
    {"--op", "insert|replace"},
    {"--domain", "insert|replace"},
    {"--name", "insert|replace"},
    {"--attr", "insert|replace"},
    {"--constant", "insert|replace"},
    {"--from", "restore"},
    {"--at-least", "strip"},
    {"--unused-inputs", "prune"},
    {"--strict", "lint"},
    {"--rules", "lint"},
    {"--mark-input", kWriters},
    {"--mark-output", kWriters},
    {"--unmark-output", kWriters},
    {"--override-input-shapes", kWriters},
    {"--dim", kWriters},
    {"--rename", kWriters},
    {"--rename-node", kWriters},
    {"--opset", kWriters},
    {"--external-data", kWriters},
    {"--one-file", kWriters},
};
constexpr std::pair<const char*, std::string_view> kNeeds[] = {
    {"--node", "replace|remove"}, {"--op", "insert"}, {"--from", "restore"}};

bool IsAmong(std::string_view operation, std::string_view list) {
  for (const std::string& word : CLI::detail::split(std::string(list), '|'))
    if (word == operation) return true;
  return false;
}

[[noreturn]] void Misused(const std::string& message) {
  throw CLI::ValidationError(message, CLI::ExitCodes::ValidationError);
}

void CheckUse(const CLI::App& app, const SurgeonFlags& f) {
  for (const Serves& s : kServes)
    if (app.get_option(s.option)->count() > 0 && !IsAmong(f.operation, s.operations))
      Misused(Str(s.option, " is not for ", f.operation, "; it is for ",
                  s.operations == kWriters ? "what writes a model"
                                           : Join(CLI::detail::split(std::string(s.operations), '|'), ", ")));
  for (const auto& [option, operations] : kNeeds)
    if (IsAmong(f.operation, operations) && app.get_option(option)->count() == 0)
      Misused(Str(f.operation, " needs ", option));
  if (f.is("lint") && !f.to.empty()) Misused("lint writes no model: OUT is one argument too many");
  if (!f.is("lint") && f.to.empty()) Misused(Str(f.operation, " needs OUT, the file to write"));
  if (f.from.empty() && !f.rules) Misused("MODEL is required");
}

void AddTexts(CLI::App* app, const char* name, std::vector<std::string>* to, const char* doc, const char* value) {
  app->add_option(name, *to, doc)->type_name(value)->allow_extra_args(false);
}

// "a,b" and "a b" alike.
void AddNames(CLI::App* app, const char* name, std::vector<std::string>* to, const char* doc) {
  app->add_option(name, *to, doc)->type_name("NAME,...")->expected(1, -1);
}

void AddNode(CLI::App* app, SurgeonFlags* f) {
  app->option_defaults()->group("Part or node");
  AddNames(app, "--inputs", &f->inputs,
           "extract: values the part begins at (inputs of MODEL that the outputs need); insert, replace: what the node "
           "reads");
  AddNames(app, "--outputs", &f->outputs,
           "extract: values the part ends at (outputs of MODEL); insert: what the node computes, also in place of what "
           "computes it now");
  app->add_option("--node", f->node, "replace, remove: the node, by its name or that of a value it computes")
      ->type_name("NAME");
  app->add_option("--after", f->after, "insert: the value behind which the node goes, before all that read it")
      ->type_name("VALUE");
  app->add_option("--by", f->by, "remove: what is read instead of the node's output (its first input that varies)")
      ->type_name("VALUE");
  app->add_option("--op", f->op, "insert, replace: Relu, com.microsoft.Gelu, ... (replace: the same op)")
      ->type_name("OP");
  app->add_option("--domain", f->domain, "insert, replace: domain of an op not known here, which is carried")
      ->type_name("DOMAIN");
  app->add_option("--name", f->name, "insert, replace: name of the new node")->type_name("NAME");
  AddTexts(app, "--attr", &f->attrs, "insert, replace: an attribute: alpha=0.1, pads=[1,1,1,1], mode=linear, to=f16",
           "NAME=VALUE");
  AddTexts(app, "--constant", &f->constants, "insert, replace: a constant to read: low=0.0, axes=[1,2], half=f16:0.5",
           "NAME=VALUE");
}

void AddWeights(CLI::App* app, SurgeonFlags* f) {
  app->option_defaults()->group("Weights and what is unused");
  app->add_option("--from", f->weights_from, "restore: the model that has the weights")->type_name("MODEL");
  app->add_option("--at-least", f->at_least, "strip: weights of so many bytes and more")
      ->type_name("BYTES")
      ->capture_default_str()
      ->check(Within<int64_t>(0, std::numeric_limits<int64_t>::max()));
  app->add_flag("--unused-inputs", f->unused_inputs, "prune: remove inputs that nothing reads, too");
}

void AddInterface(CLI::App* app, SurgeonFlags* f) {
  app->option_defaults()->group("Inputs, outputs, names: with any operation but lint, after it, in this order");
  AddTexts(app, "--mark-input", &f->mark_inputs, "Make a value an input, and drop what computed it", "VALUE");
  AddTexts(app, "--mark-output", &f->mark_outputs, "Give a value out as well", "VALUE");
  AddTexts(app, "--unmark-output", &f->unmark_outputs, "Give an output out no more", "NAME");
  app->add_option("--override-input-shapes,--input-shape", f->shapes,
                  "Shape of an input: x:1,3,224,224, or with symbols: x:batch,3,224,224")
      ->type_name("NAME:DIMS")
      ->expected(1, -1);
  AddTexts(app, "--dim", &f->dims, "What a symbol of the inputs' shapes becomes: a number, or another symbol",
           "NAME=DIM");
  AddTexts(app, "--rename", &f->renames, "Rename an input, an output, or any value", "OLD=NEW");
  AddTexts(app, "--rename-node", &f->node_renames, "Rename a node", "OLD=NEW");
}

void AddFile(CLI::App* app, SurgeonFlags* f) {
  constexpr int kMostOpset = 1000;
  app->option_defaults()->group("File");
  app->add_option("-o,--output", f->to, "The same as OUT")->type_name("FILE");
  app->add_option("--opset", f->opset, "Opset of ai.onnx to write (the model's own)")
      ->type_name("N")
      ->check(Within(1, kMostOpset));
  auto* external =
      app->add_option("--external-data", f->external_bytes,
                      "Weights of at least so many bytes go to OUT.data (where the model's own did, those of 1024)")
          ->type_name("BYTES")
          ->check(Within<int64_t>(0, std::numeric_limits<int64_t>::max()));
  app->add_flag("--one-file", f->one_file, "Weights come into the model's file, up to protobuf's 2 GB")
      ->excludes(external);
}

}  // namespace

void AddSurgeonFlags(CLI::App* app, SurgeonFlags* f) {
  OneOf(app->add_option("OPERATION", f->operation, "What to do")->required(),
        {"extract", "edit", "insert", "replace", "remove", "strip", "restore", "sanitize", "prune", "lint"});
  app->add_option("MODEL", f->from, "The model: .onnx, .ir (the text form), or zoo:NAME")->type_name("");
  app->add_option("OUT", f->to, "The file to write: .onnx, or .ir for the text form; lint writes none")->type_name("");
  app->add_flag("--json", f->json, "Print one JSON object instead of text");
  app->add_flag("-q,--quiet", f->quiet, "No notes");
  AddNode(app, f);
  AddWeights(app, f);
  AddInterface(app, f);
  AddFile(app, f);
  app->option_defaults()->group("Lint");
  app->add_flag("--strict", f->strict, "Warnings make the exit status 1, too");
  app->add_flag("--rules", f->rules, "List what is looked for");
  app->final_callback([app, f] { CheckUse(*app, *f); });
}

}  // namespace hasten::cli
