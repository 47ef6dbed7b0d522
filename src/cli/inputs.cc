#include "cli/inputs.h"

#include <filesystem>

#include "cli/input_files.h"
#include "cli/random_input.h"
#include "cli/shapes.h"
#include "cli/sound_input.h"
#include "ops/infer.h"

namespace hasten::cli {
namespace {


// One tensor of several, along the first axis.
Result<Value> Concatenated(const std::vector<Value>& parts, const std::vector<InputFile>& files) {
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i].is_tensor() || parts[i].tensor().dims.empty())
      return Status(Code::kInvalidArgument,
                    Str(files[i].path, ": must be a tensor with a batch, to be one of several"));
    const Tensor &a = parts[0].tensor(), &b = parts[i].tensor();
    Dims dims = b.dims;
    dims[0] = a.dims[0];
    if (a.dtype != b.dtype || a.dims != dims)
      return Status(Code::kInvalidArgument,
                    Str(files[i].path, " is ", b, ", ", files[0].path, " is ", a, ": all but the batch must be equal"));
  }
  Dims dims = parts[0].tensor().dims;
  for (size_t i = 1; i < parts.size(); ++i) dims[0] += parts[i].tensor().dims[0];
  HASTEN_TRY(CheckedElements(dims).status());
  HASTEN_ASSIGN(Tensor out, NewTensor(parts[0].tensor().dtype, dims));
  int64_t at = 0;
  for (const Value& part : parts) {
    CopyElements(part.tensor(), 0, &out, at, part.tensor().elements());
    at += part.tensor().elements();
  }
  return Value(std::move(out));
}

class Inputs {
 public:
  Inputs(const RunFlags& flags, const Session& session, InputShapes shapes, Report* report)
      : flags_(flags),
        graph_(session.model().graph),
        model_(session.model()),
        shapes_(std::move(shapes)),
        report_(report),
        files_(graph_, flags.raw_dtype),
        values_(graph_.inputs.size()) {}

  Result<std::vector<Value>> Gather() {
    const bool none = flags_.inputs.empty() && flags_.images.empty();
    if (!flags_.input_dir.empty())
      HASTEN_TRY(FromFolder(flags_.input_dir));
    else if (!flags_.check.empty() && none)
      HASTEN_TRY(FromFolder(flags_.check));
    else if (none && !values_.empty())
      HASTEN_TRY(MadeUp());
    for (const std::string& text : flags_.inputs) HASTEN_TRY(files_.Add(text, "--input", /*picture=*/false));
    for (const std::string& text : flags_.images) HASTEN_TRY(files_.Add(text, "--image", /*picture=*/true));
    for (size_t i = 0; i < values_.size(); ++i)
      if (!files_.of(i).empty()) HASTEN_TRY(FromFiles(i));
    return Complete();
  }
  std::vector<PlacedPicture> TakePictures() { return std::move(pictures_); }

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
      HASTEN_ASSIGN(values_[i], ReadValue(*path, WishOf(i)));
    }
    if (const auto more = FindValueFile(dir, Str("input_", values_.size())))
      return Status(Code::kInvalidArgument, Str(*more, ": the model takes ", values_.size(), " inputs"));
    return {};
  }

  ValueWish WishOf(size_t i) const {
    ValueWish wish{
        .type = input(i).type, .name = input(i).name, .raw_dtype = flags_.raw_dtype, .limits = flags_.Limits()};
    if (wish.type.is_tensor() && shapes_.HasRank(i)) wish.dims = shapes_.Known(i);
    return wish;
  }

  Status FromFiles(size_t i) {
    const std::vector<InputFile>& files = files_.of(i);
    const auto picture = [](const InputFile& f) { return f.form == FileForm::kPicture; };
    const auto pictures = std::count_if(files.begin(), files.end(), picture);
    if (pictures == std::ssize(files)) return FromPictures(i);
    if (pictures != 0) return Status(Code::kInvalidArgument, Str(Label(i), " is given pictures and other files"));
    if (input(i).type.kind == Type::Kind::kSequence) return FromElements(i);
    std::vector<Value> parts;
    for (const InputFile& file : files) {
      HASTEN_ASSIGN(parts.emplace_back(), Read(i, file, WishOf(i)));
    }
    if (parts.size() == 1) {
      values_[i] = std::move(parts[0]);
      return {};
    }
    HASTEN_ASSIGN(values_[i], Concatenated(parts, files).At(Label(i)));
    return {};
  }

  Result<Value> Read(size_t i, const InputFile& file, const ValueWish& wish) {
    if (file.made_up) {
      Dims dims;
      if (wish.type.is_tensor()) {
        HASTEN_ASSIGN(dims, shapes_.DimsOf(i));
      }
      return PseudoFile(file.path, wish.type, dims, flags_.seed + i).At(Label(i));
    }
    if (file.form == FileForm::kSound) return ReadSoundFile(i, file, wish);
    ValueWish member = wish;
    member.name = file.member;
    return ReadValue(file.file, file.form, member).At(file.path);
  }

  // A sequence: a file each for its elements, or one that holds it whole.
  Status FromElements(size_t i) {
    const Type& type = input(i).type;
    std::vector<Value> elements;
    for (const InputFile& file : files_.of(i)) {
      ValueWish wish = WishOf(i);
      const bool may_be_whole = file.form == FileForm::kPb || file.form == FileForm::kJson || file.made_up;
      if (!may_be_whole) wish.type = *type.element;
      HASTEN_ASSIGN(Value v, Read(i, file, wish));
      if (v.kind() != Value::Kind::kSequence) {
        elements.push_back(std::move(v));
        continue;
      }
      if (files_.of(i).size() > 1) return Status(Code::kInvalidArgument, Str(Label(i), " is given twice"));
      values_[i] = std::move(v);
      return {};
    }
    values_[i] = Value::Sequence(type.element->dtype, std::move(elements));
    return {};
  }

  Result<Value> ReadSoundFile(size_t i, const InputFile& file, const ValueWish& wish) {
    int rate = kUsualSampleRate;
    if (flags_.sample_rate) {
      rate = static_cast<int>(*flags_.sample_rate);
    } else if (const auto found = model_.metadata.find(std::string(kSampleRateMetadata));
               found != model_.metadata.end()) {
      HASTEN_ASSIGN(rate, ParseSampleRate(found->second).At(Str("metadata ", Quote(kSampleRateMetadata))));
    }
    HASTEN_ASSIGN(SoundInput made, MakeSoundInput(file.file.bytes, rate, wish).At(Str(Label(i), ": ", file.path)));
    const std::string line = Str(file.path, ": ", made.said);
    report_->Line(Str("sound: ", line));
    report_->Fact([line](JsonWriter* json) { WriteTexts(json, "sound", std::span(&line, 1)); });
    return Value(std::move(made.tensor));
  }

  Status FromPictures(size_t i) {
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
    std::vector<PictureFile> pictures;
    for (const InputFile& file : files_.of(i)) pictures.push_back({file.path, file.file});
    HASTEN_ASSIGN(ImageInput made, ReadImages(pictures, recipe).At(Label(i)));
    for (PlacedPicture& placed : made.placed) {
      placed.input = i;
      pictures_.push_back(std::move(placed));
    }
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
  InputFiles files_;
  std::vector<Value> values_;
  std::vector<PlacedPicture> pictures_;
};

}  // namespace

Result<std::vector<Value>> GatherInputs(const RunFlags& flags, const Session& session, Report* report,
                                        std::vector<PlacedPicture>* pictures) {
  HASTEN_ASSIGN(InputShapes shapes, InputShapes::Of(session.model().graph, flags.shapes));
  Inputs inputs(flags, session, std::move(shapes), report);
  HASTEN_ASSIGN(std::vector<Value> values, inputs.Gather());
  if (pictures) *pictures = inputs.TakePictures();
  return values;
}

}  // namespace hasten::cli
