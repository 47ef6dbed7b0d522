#include "cli/value_files.h"

#include <filesystem>

#include "base/mapped_file.h"
#include "cli/json.h"
#include "cli/npy.h"
#include "import/onnx/value_file.h"

namespace hasten::cli {
namespace {

Result<Value> ReadRaw(const std::string& path, const Type& type, const std::optional<Dims>& dims) {
  if (!type.is_tensor() || type.dtype == DType::kString)
    return Status(Code::kInvalidArgument, Str(path, ": a .raw file holds a tensor of numbers, the input is ", type));
  HASTEN_ASSIGN(auto file, MappedFile::Open(path));
  if (!dims) return Status(Code::kInvalidArgument, Str(path, ": a .raw file has no shape; give --shape NAME=DIMS"));
  Tensor t;
  t.dtype = type.dtype;
  t.dims = *dims;
  if (t.bytes() != static_cast<int64_t>(file->bytes().size()))
    return Status(Code::kInvalidArgument,
                  Str(path, ": ", t, " takes ", t.bytes(), " bytes, the file has ", file->bytes().size()));
  t.data = const_cast<std::byte*>(reinterpret_cast<const std::byte*>(file->bytes().data()));
  t.owner = file;
  return Value(std::move(t));
}

const Type& WithoutOptional(const Type& type) {
  return type.kind == Type::Kind::kOptional && type.element ? *type.element : type;
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

Result<Value> ReadValue(const std::string& path, const Type& type, const std::optional<Dims>& dims) {
  const std::string extension = std::filesystem::path(path).extension();
  if (extension == ".pb") return ReadValuePb(path, type);
  if (extension == ".raw" || extension == ".bin") return ReadRaw(path, WithoutOptional(type), dims);
  if (extension == ".npy") {
    const Type& wanted = WithoutOptional(type);
    HASTEN_ASSIGN(Tensor t, ReadNpy(path, wanted.is_tensor() ? wanted.dtype : DType::kNone));
    return Value(std::move(t));
  }
  constexpr std::string_view kPictures[] = {".jpg", ".jpeg", ".png", ".bmp", ".ppm", ".pgm"};
  const bool picture = std::find(std::begin(kPictures), std::end(kPictures), extension) != std::end(kPictures);
  return Status(Code::kInvalidArgument, Str(path, ": must be .npy, .pb or .raw",
                                            picture ? "; for a picture use --image" : Str(", is ", Quote(extension))));
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
