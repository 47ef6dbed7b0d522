#include "cli/formats/value_files.h"

#include <filesystem>

#include "base/mapped_file.h"
#include "cli/formats/json_values.h"
#include "cli/formats/npy.h"
#include "cli/formats/npz.h"
#include "cli/json.h"
#include "import/onnx/value_file.h"

namespace hasten::cli {
namespace {

const Type& WithoutOptional(const Type& type) {
  return type.kind == Type::Kind::kOptional && type.element ? *type.element : type;
}

Result<Value> AsValue(Result<Tensor> t) {
  if (!t.ok()) return std::move(t).status();
  return Value(*std::move(t));
}

class FilesWriter {
 public:
  explicit FilesWriter(const std::string& format) : format_(format) {}

  Status Write(const std::string& stem, const Value& value) {
    switch (value.kind()) {
      case Value::Kind::kTensor: return WriteTensor(Str(stem, ".", format_), value.tensor());
      case Value::Kind::kMap:
        HASTEN_TRY(WriteTensor(Str(stem, "_keys.", format_), value.map().keys));
        return WriteTensor(Str(stem, "_values.", format_), value.map().values);
      case Value::Kind::kSequence:
        for (size_t i = 0; i < value.elements().size(); ++i) HASTEN_TRY(Write(Str(stem, "_", i), value.elements()[i]));
        return {};
      default: return {};
    }
  }
  std::vector<std::string> TakePaths() { return std::move(paths_); }

 private:
  Status WriteTensor(const std::string& path, const Tensor& t) {
    paths_.push_back(path);
    if (format_ == "npy") return WriteNpy(path, t);
    if (t.dtype == DType::kString)
      return Status(Code::kUnsupported,
                    Str(path, ": strings have no raw form; --output-format npy, pb and json can write them"));
    return WriteFile(path, {reinterpret_cast<const char*>(t.data), static_cast<size_t>(t.bytes())});
  }
  const std::string& format_;
  std::vector<std::string> paths_;
};

Status WriteJson(const std::string& path, const Value& value) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.SetFormatOptions(rapidjson::kFormatSingleLineArray);
  WriteValue(&json, value);
  return WriteFile(path, Str(std::string_view(buffer.GetString(), buffer.GetSize()), "\n"));
}

}  // namespace

MemberPath SplitMember(const std::string& path) {
  constexpr std::string_view kBetween = ".npz:";
  std::error_code error;
  const size_t at = path.find(kBetween);
  if (at == std::string::npos || std::filesystem::exists(path, error)) return {path, ""};
  const size_t colon = at + kBetween.size() - 1;
  return {path.substr(0, colon), path.substr(colon + 1)};
}

Result<Value> ReadValue(const FileBytes& file, FileForm form, const ValueWish& wish) {
  const Type& type = WithoutOptional(wish.type);
  const DType dtype = type.is_tensor() ? type.dtype : DType::kNone;
  ValueWish plain = wish;
  plain.type = type;
  switch (form) {
    case FileForm::kPb: return ReadValuePb(file.bytes, file.owner, wish.type);
    case FileForm::kRaw: return AsValue(ReadRaw(file, plain));
    case FileForm::kNpy: return AsValue(ReadNpy(file, dtype));
    case FileForm::kText: return AsValue(ReadLines(file.bytes, plain));
    case FileForm::kNpz: {
      HASTEN_ASSIGN(NpzArchive archive, NpzArchive::Open(file, wish.limits));
      const bool only = archive.names().size() == 1 && !archive.Has(wish.name);
      return AsValue(archive.Read(only ? archive.names()[0] : wish.name, dtype));
    }
    case FileForm::kJson: {
      HASTEN_ASSIGN(const JsonValues values, JsonValues::Open(file.bytes));
      return values.Read(wish.name, wish.type);
    }
    default:
      return Status(Code::kInvalidArgument, Str("must be .npy, .npz, .pb, .raw, .json or .txt, is ",
                                                form == FileForm::kUnknown ? "in no form that is known" : Name(form)));
  }
}

Result<Value> ReadValue(const std::string& path, const ValueWish& wish) {
  const MemberPath split = SplitMember(path);
  HASTEN_ASSIGN(const FileBytes file, ReadBytes(split.path));
  ValueWish member = wish;
  if (!split.member.empty()) member.name = split.member;
  const FileForm form = FormOfName(split.path);
  return ReadValue(file, form == FileForm::kUnknown ? FormOfBytes(file.bytes) : form, member).At(split.path);
}

std::optional<std::string> FindValueFile(const std::string& dir, const std::string& stem) {
  for (const std::string_view extension : {".pb", ".npy"}) {
    std::error_code error;
    const std::filesystem::path path = std::filesystem::path(dir) / Str(stem, extension);
    if (std::filesystem::exists(path, error)) return path.string();
  }
  return std::nullopt;
}

Result<std::vector<std::string>> WriteValueFiles(const std::string& stem, const std::string& format, const Value& value,
                                                 const Type& type, const std::string& name) {
  const std::string path = Str(stem, ".", format);
  if (format == "pb" || format == "json") {
    HASTEN_TRY(format == "pb" ? WriteValuePb(path, value, type, name) : WriteJson(path, value));
    return std::vector<std::string>{path};
  }
  FilesWriter writer(format);
  HASTEN_TRY(writer.Write(stem, value));
  return writer.TakePaths();
}

}  // namespace hasten::cli
