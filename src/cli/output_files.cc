#include "cli/output_files.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/mapped_file.h"
#include "base/nearest.h"
#include "cli/formats/npy.h"
#include "cli/formats/npz.h"
#include "cli/formats/value_files.h"

namespace hasten::cli {
namespace {

constexpr std::string_view kStandardOutput = "-";

Status NoOutput(const Session& session, std::string_view name) {
  std::vector<std::string> names, quoted;
  for (size_t i = 0; i < session.outputs(); ++i) {
    names.push_back(session.output_name(i));
    quoted.push_back(Quote(names.back()));
  }
  const std::string nearest = Nearest(name, names);
  return Status(Code::kInvalidArgument, Str("the model has no output ", Quote(name),
                                            nearest.empty() ? "" : Str("; did you mean ", Quote(nearest), "?"),
                                            " (outputs: ", Join(quoted, ", "), ")"));
}

// "[NAME=]FILE": the name may hold '=', and be left out where there is one output.
Result<OutputFile> Split(const Session& session, const std::string& text) {
  for (size_t at = text.find('='); at != std::string::npos; at = text.find('=', at + 1))
    for (size_t i = 0; i < session.outputs(); ++i)
      if (session.output_name(i) == text.substr(0, at)) return OutputFile{i, text.substr(at + 1)};
  if (text.find('=') != std::string::npos) return NoOutput(session, text.substr(0, text.find('=')));
  if (session.outputs() == 1) return OutputFile{0, text};
  return Status(Code::kInvalidArgument, Str("--output ", text, ": must name one of the ", session.outputs(),
                                            " outputs, as in ", session.output_name(0), "=", text));
}

Status SetForm(const RunFlags& flags, OutputFile* file) {
  const bool standard = file->path == kStandardOutput;
  file->form = FormOfName(standard ? Str("output.", flags.output_format) : file->path);
  if (standard && file->form != FileForm::kNpy && file->form != FileForm::kJson)
    return Status(Code::kInvalidArgument, "--output -: --output-format must be npy or json on standard output");
  constexpr FileForm kForms[] = {FileForm::kNpy, FileForm::kNpz, FileForm::kPb, FileForm::kRaw, FileForm::kJson};
  if (std::find(std::begin(kForms), std::end(kForms), file->form) == std::end(kForms))
    return Status(Code::kInvalidArgument, Str("--output ", file->path, ": must be .npy, .npz, .pb, .raw or .json"));
  return {};
}

void NoteOnNpy(const std::string& name, const Value& value, Report* report) {
  if (!value.is_tensor()) return;
  if (const std::string note = NpyNote(value.tensor().dtype); !note.empty())
    report->Note(Str("output ", Quote(name), ": ", note));
}

Status WriteArchive(const RunFlags& flags, const Session& session, std::span<const Value> outputs, Report* report) {
  const std::string path = (std::filesystem::path(flags.output_dir) / "outputs.npz").string();
  std::vector<NamedTensor> tensors;
  for (size_t i = 0; i < outputs.size(); ++i) {
    AppendTensors(session.output_name(i), outputs[i], &tensors);
    NoteOnNpy(session.output_name(i), outputs[i], report);
  }
  HASTEN_ASSIGN(const std::string bytes, EncodeNpz(tensors).At(path));
  HASTEN_TRY(WriteFile(path, bytes));
  std::vector<std::string> names;
  for (const NamedTensor& t : tensors) names.push_back(Quote(t.name));
  report->Line(Str("wrote ", path, " (", Join(names, ", "), ")"));
  report->Fact([path](JsonWriter* json) { WriteTexts(json, "written", std::span(&path, 1)); });
  return {};
}

}  // namespace

Result<std::vector<OutputFile>> FindOutputFiles(const RunFlags& flags, const Session& session) {
  std::vector<OutputFile> files;
  int standard = 0;
  for (const std::string& text : flags.outputs) {
    HASTEN_ASSIGN(files.emplace_back(), Split(session, text));
    HASTEN_TRY(SetForm(flags, &files.back()));
    standard += files.back().path == kStandardOutput;
  }
  if (standard > 1) return Status(Code::kInvalidArgument, "standard output can take one output only");
  return files;
}

Status WriteOutputFiles(std::span<const OutputFile> files, const Session& session, std::span<const Value> outputs,
                        Report* report) {
  for (const OutputFile& file : files) {
    const Value& value = outputs[file.output];
    const std::string& name = session.output_name(file.output);
    if (file.form == FileForm::kNpy || file.form == FileForm::kNpz) NoteOnNpy(name, value, report);
    if (file.path == kStandardOutput) {
      HASTEN_ASSIGN(const std::string bytes, EncodeValue(file.form, value, name));
      fmt::print("{}", bytes);
      continue;
    }
    HASTEN_TRY(WriteValueFile(file.path, file.form, value, session.declared_output_type(file.output), name));
    report->Line(Str("wrote ", file.path, " (", Quote(name), ")"));
  }
  return {};
}

Status WriteOutputs(const RunFlags& flags, const Session& session, std::span<const Value> outputs, Report* report) {
  std::error_code error;
  std::filesystem::create_directories(flags.output_dir, error);
  if (error) return Status(Code::kInvalidArgument, Str(flags.output_dir, ": ", error.message()));
  if (flags.output_format == "npz") return WriteArchive(flags, session, outputs, report);
  std::vector<std::string> written;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::string stem = (std::filesystem::path(flags.output_dir) / Str("output_", i)).string();
    const std::string& name = session.output_name(i);
    HASTEN_ASSIGN(const auto paths,
                  WriteValueFiles(stem, flags.output_format, outputs[i], session.declared_output_type(i), name));
    for (const std::string& path : paths) report->Line(Str("wrote ", path, " (", Quote(name), ")"));
    if (paths.empty()) report->Note(Str("output ", Quote(name), " is empty: no file is written"));
    if (flags.output_format == "npy") NoteOnNpy(name, outputs[i], report);
    written.insert(written.end(), paths.begin(), paths.end());
  }
  report->Fact([written](JsonWriter* json) { WriteTexts(json, "written", written); });
  return {};
}

}  // namespace hasten::cli
