#include "cli/input_files.h"

#include <filesystem>

#include "cli/formats/json_values.h"
#include "cli/formats/npz.h"
#include "cli/random_input.h"
#include "cli/shapes.h"

namespace hasten::cli {
namespace {

Result<std::vector<std::string>> NamesIn(const InputFile& file) {
  if (file.form == FileForm::kNpz) {
    HASTEN_ASSIGN(const NpzArchive archive, NpzArchive::Open(file.file));
    return archive.names();
  }
  HASTEN_ASSIGN(const JsonValues values, JsonValues::Open(file.file.bytes));
  return values.names();
}

// As numpy.savez names arrays that are given without a name: arr_0, arr_1, ...
bool NumberedByNumpy(std::span<const std::string> names) {
  for (size_t i = 0; i < names.size(); ++i)
    if (std::find(names.begin(), names.end(), Str("arr_", i)) == names.end()) return false;
  return true;
}

}  // namespace

// A file's name may hold '=', so the part before it counts only if it names an input, or no such file is there.
Result<InputFiles::NamedPath> InputFiles::Split(const std::string& text) const {
  const size_t equals = text.find('=');
  for (size_t at = equals; at != std::string::npos; at = text.find('=', at + 1))
    if (FindInput(graph_, text.substr(0, at)).ok()) return NamedPath{text.substr(0, at), text.substr(at + 1)};
  std::error_code error;
  if (equals == std::string::npos || std::filesystem::exists(text, error)) return NamedPath{{}, text};
  return FindInput(graph_, text.substr(0, equals)).status();
}

Result<InputFile> InputFiles::Open(const std::string& path) {
  InputFile file;
  file.path = path;
  if (IsPseudoFile(path)) {
    file.made_up = true;
    return file;
  }
  const MemberPath split = SplitMember(path);
  file.member = split.member;
  const bool standard_input = path == kStandardInput;
  if (standard_input && standard_input_taken_)
    return Status(Code::kInvalidArgument, "standard input can be one input only");
  standard_input_taken_ |= standard_input;
  HASTEN_ASSIGN(file.file, ReadBytes(split.path));
  file.form = FormOfName(split.path);
  if (standard_input && raw_dtype_)
    file.form = FileForm::kRaw;
  else if (file.form == FileForm::kUnknown)
    file.form = FormOfBytes(file.file.bytes);
  return file;
}

FileForm InputFiles::Assumed(const InputFile& file, size_t i) const {
  const Type& type = input(i).type;
  if (raw_dtype_) return FileForm::kRaw;
  if (file.path != kStandardInput) return FileForm::kUnknown;
  if (!type.is_tensor()) return FileForm::kPb;
  if (type.dtype == DType::kString) return FileForm::kText;
  if (!type.shape.ranked() || !type.shape.is_const()) return FileForm::kPb;
  int64_t elements = 1;
  for (const Dim& d : type.shape.dims())
    if (__builtin_mul_overflow(elements, d.value(), &elements)) return FileForm::kPb;
  const bool fills = elements < int64_t{1} << 50 && BytesFor(type.dtype, elements) == std::ssize(file.file.bytes);
  return fills ? FileForm::kRaw : FileForm::kPb;
}

// True if the file's values went to the inputs of their names.
Result<bool> InputFiles::Distribute(const InputFile& file) {
  if ((file.form != FileForm::kNpz && file.form != FileForm::kJson) || !file.member.empty()) return false;
  HASTEN_ASSIGN(const std::vector<std::string> names, NamesIn(file).At(file.path));
  bool any = false;
  for (size_t i = 0; i < of_.size(); ++i) {
    if (std::find(names.begin(), names.end(), input(i).name) == names.end()) continue;
    of_[i].push_back(file);
    of_[i].back().member = input(i).name;
    any = true;
  }
  if (any || names.empty()) return any;
  if (file.form == FileForm::kNpz && names.size() == of_.size() && NumberedByNumpy(names)) {
    for (size_t i = 0; i < of_.size(); ++i) {
      of_[i].push_back(file);
      of_[i].back().member = Str("arr_", i);
    }
    return true;
  }
  if (names.size() == 1 && of_.size() == 1) return false;
  std::vector<std::string> wanted;
  for (size_t i = 0; i < of_.size(); ++i) wanted.push_back(Quote(input(i).name));
  return Status(Code::kInvalidArgument, Str(file.path, ": has ", Join(names, ", "),
                                            ", which are no inputs of the model: ", Join(wanted, ", ")));
}

Result<size_t> InputFiles::InputOf(const NamedPath& named, std::string_view option) const {
  if (named.name) return FindInput(graph_, *named.name);
  if (of_.size() == 1) return size_t{0};
  std::vector<std::string> names;
  for (size_t i = 0; i < of_.size(); ++i) names.push_back(Quote(input(i).name));
  return Status(Code::kInvalidArgument, Str(option, " ", named.path, ": must name the input, as in NAME=", named.path,
                                            "; the model has ", Join(names, ", ")));
}

Status InputFiles::Add(const std::string& text, std::string_view option, bool picture) {
  HASTEN_ASSIGN(const NamedPath named, Split(text));
  if (!named.name && of_.size() != 1 && (picture || IsPseudoFile(named.path))) return InputOf(named, option).status();
  HASTEN_ASSIGN(InputFile file, Open(named.path));
  if (picture) file.form = FileForm::kPicture;
  if (!named.name && !picture) {
    HASTEN_ASSIGN(const bool done, Distribute(file));
    if (done) return {};
  }
  HASTEN_ASSIGN(const size_t i, InputOf(named, option));
  if (file.member.empty()) file.member = input(i).name;
  if (file.form == FileForm::kUnknown) file.form = Assumed(file, i);
  of_[i].push_back(std::move(file));
  return {};
}

}  // namespace hasten::cli
