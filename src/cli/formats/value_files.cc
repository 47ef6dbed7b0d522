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

std::string JsonText(const Value& value) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.SetFormatOptions(rapidjson::kFormatSingleLineArray);
  WriteValue(&json, value);
  return Str(std::string_view(buffer.GetString(), buffer.GetSize()), "\n");
}

Result<std::string> EncodeTensor(FileForm form, const Tensor& t) {
  if (form == FileForm::kNpy) return EncodeNpy(t);
  if (t.dtype == DType::kString)
    return Status(Code::kUnsupported, "strings have no raw form; .npy, .npz, .pb and .json can hold them");
  return std::string(reinterpret_cast<const char*>(t.data), static_cast<size_t>(t.bytes()));
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

void AppendTensors(const std::string& name, const Value& value, std::vector<NamedTensor>* out) {
  switch (value.kind()) {
    case Value::Kind::kTensor: out->push_back({name, value.tensor()}); return;
    case Value::Kind::kMap:
      out->push_back({Str(name, "_keys"), value.map().keys});
      out->push_back({Str(name, "_values"), value.map().values});
      return;
    case Value::Kind::kSequence:
      for (size_t i = 0; i < value.elements().size(); ++i) AppendTensors(Str(name, "_", i), value.elements()[i], out);
      return;
    default: return;
  }
}

Result<std::string> EncodeValue(FileForm form, const Value& value, const std::string& name) {
  if (form == FileForm::kJson) return JsonText(value);
  if (form == FileForm::kNpz) {
    std::vector<NamedTensor> tensors;
    AppendTensors(name, value, &tensors);
    return EncodeNpz(tensors);
  }
  if (!value.is_tensor())
    return Status(Code::kInvalidArgument,
                  Str("holds one tensor, and output ", Quote(name), value.has() ? " is none" : " is empty",
                      "; .npz, .pb and .json can hold it"));
  return EncodeTensor(form, value.tensor());
}

Status WriteValueFile(const std::string& path, FileForm form, const Value& value, const Type& type,
                      const std::string& name) {
  if (form == FileForm::kPb) return WriteValuePb(path, value, type, name);
  HASTEN_ASSIGN(const std::string bytes, EncodeValue(form, value, name).At(path));
  return WriteFile(path, bytes);
}

Result<std::vector<std::string>> WriteValueFiles(const std::string& stem, const std::string& format, const Value& value,
                                                 const Type& type, const std::string& name) {
  const FileForm form = FormOfName(Str("output.", format));
  std::vector<std::string> paths;
  if (form == FileForm::kPb || form == FileForm::kJson) {
    paths.push_back(Str(stem, ".", format));
    HASTEN_TRY(WriteValueFile(paths[0], form, value, type, name));
    return paths;
  }
  std::vector<NamedTensor> tensors;
  AppendTensors(stem, value, &tensors);
  for (const NamedTensor& t : tensors) {
    paths.push_back(Str(t.name, ".", format));
    HASTEN_ASSIGN(const std::string bytes, EncodeTensor(form, t.tensor).At(paths.back()));
    HASTEN_TRY(WriteFile(paths.back(), bytes));
  }
  return paths;
}

}  // namespace hasten::cli
