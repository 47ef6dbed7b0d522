#include "cli/inputs.h"

#include <filesystem>

#include "cli/image_input.h"
#include "cli/random_input.h"
#include "cli/shapes.h"
#include "cli/value_files.h"
#include "ops/infer.h"

namespace hasten::cli {
namespace {

// "x" and "photo.npy" of "x=photo.npy".
struct NamedFile {
  std::optional<std::string> name;
  std::string path;
};

class Inputs {
 public:
  Inputs(const RunFlags& flags, const Session& session, InputShapes shapes, Report* report)
      : flags_(flags),
        graph_(session.model().graph),
        model_(session.model()),
        shapes_(std::move(shapes)),
        report_(report),
        values_(graph_.inputs.size()) {}

  Result<std::vector<Value>> Gather() {
    const bool none = flags_.inputs.empty() && flags_.images.empty();
    if (!flags_.input_dir.empty())
      HASTEN_TRY(FromFolder(flags_.input_dir));
    else if (!flags_.check.empty() && none)
      HASTEN_TRY(FromFolder(flags_.check));
    else if (none && !values_.empty())
      HASTEN_TRY(MadeUp());
    for (const std::string& text : flags_.inputs) HASTEN_TRY(FromFile(text));
    HASTEN_TRY(Pictures());
    return Complete();
  }

 private:
  const GraphValue& input(size_t i) const { return graph_.value(graph_.inputs[i]); }
  std::string Label(size_t i) const { return Str("input ", Quote(input(i).name)); }

  Status FromFolder(const std::string& dir) {
    std::error_code error;
    if (!std::filesystem::is_directory(dir, error))
      return Status(Code::kNotFound, Str(dir, ": must be a folder with input_0.pb, ..."));
    for (size_t i = 0; i < values_.size(); ++i) {
      const auto path = FindValueFile(dir, Str("input_", i));
      if (!path && input(i).type.kind == Type::Kind::kOptional) continue;
      if (!path)
        return Status(Code::kNotFound,
                      Str(dir, ": there is no input_", i, ".pb (or .npy) for ", Label(i), ", ", input(i).type));
      HASTEN_ASSIGN(values_[i], ReadValue(*path, input(i).type));
    }
    if (const auto more = FindValueFile(dir, Str("input_", values_.size())))
      return Status(Code::kInvalidArgument, Str(*more, ": the model takes ", values_.size(), " inputs"));
    return {};
  }

  // A file's name may hold '=', so the part before it counts only if it names an input, or no such file is there.
  Result<NamedFile> Split(const std::string& text) const {
    const size_t equals = text.find('=');
    for (size_t at = equals; at != std::string::npos; at = text.find('=', at + 1))
      if (FindInput(graph_, text.substr(0, at)).ok()) return NamedFile{text.substr(0, at), text.substr(at + 1)};
    std::error_code error;
    if (equals == std::string::npos || std::filesystem::exists(text, error)) return NamedFile{{}, text};
    return FindInput(graph_, text.substr(0, equals)).status();
  }

  Result<size_t> InputOf(const NamedFile& file, std::string_view option) const {
    if (file.name) return FindInput(graph_, *file.name);
    if (graph_.inputs.size() == 1) return size_t{0};
    std::vector<std::string> names;
    for (size_t i = 0; i < graph_.inputs.size(); ++i) names.push_back(Quote(input(i).name));
    return Status(Code::kInvalidArgument, Str(option, " ", file.path, ": must name the input, as in NAME=", file.path,
                                              "; the model has ", Join(names, ", ")));
  }

  Status FromFile(const std::string& text) {
    HASTEN_ASSIGN(const NamedFile file, Split(text));
    HASTEN_ASSIGN(const size_t i, InputOf(file, "--input"));
    const Type& type = input(i).type;
    std::optional<Dims> dims;
    if (type.is_tensor() && shapes_.HasRank(i)) {
      HASTEN_ASSIGN(dims, shapes_.DimsOf(i));
    }
    const bool element = type.kind == Type::Kind::kSequence && !file.path.ends_with(".pb");
    HASTEN_ASSIGN(Value v, ReadValue(file.path, element ? *type.element : type, dims));
    if (element) {
      std::vector<Value> elements = values_[i].has() ? values_[i].TakeElements() : std::vector<Value>();
      elements.push_back(std::move(v));
      v = Value::Sequence(type.element->dtype, std::move(elements));
    } else if (values_[i].has() && flags_.input_dir.empty()) {
      return Status(Code::kInvalidArgument, Str(Label(i), " is given twice"));
    }
    values_[i] = std::move(v);
    return {};
  }

  Status Pictures() {
    std::vector<std::vector<std::string>> paths(values_.size());
    for (const std::string& text : flags_.images) {
      HASTEN_ASSIGN(const NamedFile file, Split(text));
      HASTEN_ASSIGN(const size_t i, InputOf(file, "--image"));
      paths[i].push_back(file.path);
    }
    for (size_t i = 0; i < paths.size(); ++i)
      if (!paths[i].empty()) HASTEN_TRY(Picture(i, paths[i]));
    return {};
  }

  Status Picture(size_t i, const std::vector<std::string>& paths) {
    ImageSettings metadata;
    if (const auto found = model_.metadata.find(std::string(kImageMetadata)); found != model_.metadata.end()) {
      HASTEN_ASSIGN(metadata, ParseImageMetadata(found->second).At(Str("metadata ", Quote(kImageMetadata))));
    }
    const Type& type = input(i).type;
    if (!type.is_tensor() || !shapes_.HasRank(i))
      return Status(Code::kInvalidArgument,
                    Str(Label(i), ": ", type, " takes no picture: it must be a tensor of rank 3 or 4"));
    HASTEN_ASSIGN(const ImageRecipe recipe,
                  MakeImageRecipe(type, shapes_.Known(i), flags_.image, metadata).At(Label(i)));
    HASTEN_ASSIGN(ImageInput made, ReadImages(paths, recipe).At(Label(i)));
    for (const std::string& line : made.said) report_->Line(Str("image: ", line));
    report_->Fact([said = std::move(made.said)](JsonWriter* json) { WriteTexts(json, "image", said); });
    values_[i] = Value(std::move(made.tensor));
    return {};
  }

  Status MadeUp() {
    std::vector<std::string> shapes;
    for (size_t i = 0; i < values_.size(); ++i) {
      Dims dims;
      if (input(i).type.is_tensor()) {
        HASTEN_ASSIGN(dims, shapes_.DimsOf(i));
      }
      HASTEN_ASSIGN(values_[i], RandomValue(input(i).type, dims, flags_.seed + i).At(Label(i)));
      shapes.push_back(Str(Quote(input(i).name), " ", TypeOf(values_[i])));
    }
    report_->Line(Str("no input given; made up with seed ", flags_.seed, ": ", Join(shapes, ", ")));
    report_->Fact([seed = flags_.seed](JsonWriter* json) { WriteField(json, "seed", static_cast<int64_t>(seed)); });
    return {};
  }

  // Every input is there and of the right kind.
  Result<std::vector<Value>> Complete() {
    for (size_t i = 0; i < values_.size(); ++i) {
      const Type& type = input(i).type;
      const bool optional = type.kind == Type::Kind::kOptional;
      if (!values_[i].has() && !optional)
        return Status(Code::kInvalidArgument,
                      Str(Label(i), " is missing: it must be ", type, "; give --input ", input(i).name, "=FILE"));
      const Type& wanted = optional && type.element ? *type.element : type;
      const Type is = TypeOf(values_[i]);
      if (values_[i].has() && wanted.known() && wanted.kind != Type::Kind::kSparse && wanted.kind != is.kind)
        return Status(Code::kInvalidArgument, Str(Label(i), " must be ", type, ", is ", is));
    }
    return std::move(values_);
  }

  const RunFlags& flags_;
  const Graph& graph_;
  const Model& model_;
  InputShapes shapes_;
  Report* report_;
  std::vector<Value> values_;
};

}  // namespace

Result<std::vector<Value>> GatherInputs(const RunFlags& flags, const Session& session, Report* report) {
  HASTEN_ASSIGN(InputShapes shapes, InputShapes::Of(session.model().graph, flags.shapes));
  return Inputs(flags, session, std::move(shapes), report).Gather();
}

}  // namespace hasten::cli
