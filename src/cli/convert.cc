#include <CLI/CLI.hpp>

#include "base/mapped_file.h"
#include "cli/command.h"
#include "cli/flag_checks.h"
#include "cli/report.h"
#include "engine/session.h"
#include "import/onnx/export.h"
#include "ir/text.h"

namespace hasten::cli {
namespace {

struct ConvertFlags {
  std::string from, to;
  std::optional<int> opset;
  std::optional<int64_t> external_bytes;
  bool quiet = false;
};

Status Convert(const ConvertFlags& f) {
  const bool text = f.to.ends_with(".ir");
  if (!text && !f.to.ends_with(".onnx"))
    return Status(Code::kInvalidArgument, Str(f.to, ": must end in .onnx, or .ir for the text form"));
  if (text && (f.opset || f.external_bytes))
    return Status(Code::kInvalidArgument,
                  Str(f.to, ": --opset and --external-data are for .onnx files; the text form has neither"));
  HASTEN_ASSIGN(const std::unique_ptr<Model> model, LoadModel(f.from));
  Report(false, f.quiet).Notes(model->notes);
  if (text) return WriteFile(f.to, Print(*model));
  return ExportOnnx(*model, f.to, {f.opset, f.external_bytes}).At(f.to);
}

std::function<Status()> Define(CLI::App* app) {
  constexpr int kMostOpset = 1000;
  const auto f = std::make_shared<ConvertFlags>();
  app->add_option("MODEL", f->from, "The model: .onnx, .ir (the text form), a plan file, or zoo:NAME")
      ->required()
      ->type_name("");
  app->add_option("OUT", f->to, "The file to write; its extension says as what: .onnx or .ir")
      ->required()
      ->type_name("");
  app->add_option("--opset", f->opset, "Opset of ai.onnx to write (the model's own)")
      ->type_name("N")
      ->check(Within(1, kMostOpset));
  app->add_option("--external-data", f->external_bytes,
                  "Weights of at least this many bytes go to OUT.data (otherwise only what protobuf cannot hold)")
      ->type_name("BYTES")
      ->check(Within<int64_t>(0, std::numeric_limits<int64_t>::max()));
  app->add_flag("-q,--quiet", f->quiet, "No notes");
  return [f] { return Convert(*f); };
}

constexpr Example kExamples[] = {
    {"Read and write again: what came in goes out.", "hasten convert in.onnx out.onnx"},
    {"For a reader that knows opset 13 at most.", "hasten convert in.onnx out.onnx --opset 13"},
    {"To text, which can be edited and run, and back.",
     "hasten convert in.onnx model.ir && hasten convert model.ir out.onnx"},
};

}  // namespace

extern const Command kConvert = {
    .name = "convert",
    .summary = "write a model in another form or opset, otherwise unchanged",
    .doc =
        "Names, doc strings, metadata and nodes of unknown domains are kept, and no optimisation is made. An op that "
        "has no "
        "form at the opset asked for is an error that names its node.",
    .examples = kExamples,
    .define = Define,
};

}  // namespace hasten::cli
