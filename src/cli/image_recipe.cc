#include "cli/image_recipe.h"

#include <charconv>

namespace hasten::cli {
namespace {

template <class T>
struct Choice {
  std::string_view name;
  T value;
};
constexpr Choice<PixelFormat> kColors[] = {
    {"rgb", PixelFormat::kRgb}, {"bgr", PixelFormat::kBgr}, {"gray", PixelFormat::kGray}};
constexpr Choice<ResizeFilter> kFilters[] = {{"bilinear", ResizeFilter::kBilinear},
                                             {"antialias", ResizeFilter::kAntialias},
                                             {"nearest", ResizeFilter::kNearest}};
constexpr Choice<Fit> kFits[] = {{"center", Fit::kCrop}, {"letterbox", Fit::kLetterbox}, {"none", Fit::kStretch}};
constexpr Choice<bool> kLayouts[] = {{"nchw", false}, {"nhwc", true}};

template <class T, size_t N>
Result<T> Choose(const Choice<T> (&choices)[N], std::string_view what, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Choice<T>& c : choices) {
    if (c.name == name) return c.value;
    names.push_back(c.name);
  }
  return Status(Code::kInvalidArgument, Str(what, " must be one of ", Join(names, ", "), ", is ", Quote(name)));
}

template <class T, size_t N>
std::string_view NameOf(const Choice<T> (&choices)[N], T value) {
  for (const Choice<T>& c : choices)
    if (c.value == value) return c.name;
  return "";
}

bool Pictured(const std::optional<int64_t>& channels) { return channels == 1 || channels == 3; }

// Which axis has the channels, if that can be told.
std::optional<bool> ChannelsLast(std::span<const std::optional<int64_t>> known) {
  const size_t rank = known.size();
  if (Pictured(known[rank - 3])) return false;
  if (Pictured(known[rank - 1])) return true;
  return std::nullopt;
}

Status NoPicture(const Type& type, std::string_view why) {
  return Status(Code::kInvalidArgument, Str(type, " takes no picture: ", why));
}

// One value for each channel.
Result<std::vector<double>> PerChannel(std::vector<double> values, size_t channels, std::string_view what) {
  if (values.size() == 1) values.resize(channels, values[0]);
  if (values.size() != channels)
    return Status(Code::kInvalidArgument, Str(what, " must have 1 number or ", channels, ", has ", values.size()));
  return values;
}

template <class T>
std::optional<T> First(const std::optional<T>& a, const std::optional<T>& b) {
  return a ? a : b;
}

Status SetNumbers(ImageRecipe* recipe, size_t channels, const ImageSettings& flags, const ImageSettings& metadata) {
  const bool floats = IsFloat(recipe->dtype);
  const bool imagenet = floats && channels == 3;
  using Numbers = std::vector<double>;
  const Numbers usual_mean =
      imagenet ? Numbers{0.485, 0.456, 0.406} : Numbers{recipe->dtype == DType::kI8 ? 128.0 : 0.0};
  const Numbers usual_deviation = imagenet ? Numbers{0.229, 0.224, 0.225} : Numbers{1};
  const auto scale = First(flags.scale, metadata.scale);
  const auto mean = First(flags.mean, metadata.mean), deviation = First(flags.deviation, metadata.deviation);
  // Whoever states some of the numbers means the others to be neutral.
  const bool stated = scale || mean || deviation;
  recipe->scale = scale.value_or(floats ? 1.0 / 255 : 1);
  HASTEN_ASSIGN(recipe->mean, PerChannel(mean.value_or(stated ? Numbers{0} : usual_mean), channels, "mean"));
  HASTEN_ASSIGN(recipe->deviation,
                PerChannel(deviation.value_or(stated ? Numbers{1} : usual_deviation), channels, "std"));
  for (double d : recipe->deviation)
    if (d == 0) return Status(Code::kInvalidArgument, "std must not be 0");
  if (imagenet && recipe->color == PixelFormat::kBgr && !mean && !deviation) {
    std::reverse(recipe->mean.begin(), recipe->mean.end());
    std::reverse(recipe->deviation.begin(), recipe->deviation.end());
  }
  return {};
}

}  // namespace

std::string ImageRecipe::Text() const {
  std::string color_name(NameOf(kColors, color));
  for (char& c : color_name) c = static_cast<char>(c - 'a' + 'A');
  std::string text = Str(color_name, ", ", NameOf(kFilters, filter));
  if (fit == Fit::kCrop) text += ", centre cut out";
  if (fit == Fit::kLetterbox) text += ", letterboxed";
  if (scale == 1.0 / 255)
    text += ", times 1/255";
  else if (scale != 1)
    text += Str(", times ", scale);
  const auto all = [](const std::vector<double>& v, double usual) {
    return std::count(v.begin(), v.end(), usual) == std::ssize(v);
  };
  if (!all(mean, 0)) text += Str(", mean ", Join(mean, " "));
  if (!all(deviation, 1)) text += Str(", deviation ", Join(deviation, " "));
  text += channels_last ? ", channels last" : ", channels first";
  return text;
}

Result<double> ParseScale(std::string_view text) {
  const size_t slash = text.find('/');
  HASTEN_ASSIGN(const std::vector<double> over, ParseNumbers(text.substr(0, slash)));
  std::vector<double> under = {1};
  if (slash != std::string_view::npos) {
    HASTEN_ASSIGN(under, ParseNumbers(text.substr(slash + 1)));
  }
  if (over.size() != 1 || under.size() != 1 || under[0] == 0)
    return Status(Code::kInvalidArgument, Str("'", text, "' must be a number or a fraction such as 1/255"));
  return over[0] / under[0];
}

Result<std::vector<double>> ParseNumbers(std::string_view text) {
  std::vector<double> numbers;
  const char *at = text.data(), *end = at + text.size();
  for (;;) {
    double v = 0;
    const auto [after, error] = std::from_chars(at, end, v);
    const bool last = after == end;
    if (error != std::errc() || !std::isfinite(v) || (!last && *after != ','))
      return Status(Code::kInvalidArgument, Str("'", text, "' must be numbers separated by commas"));
    numbers.push_back(v);
    if (last) return numbers;
    at = after + 1;
  }
}

Result<ImageRecipe> MakeImageRecipe(const Type& type, std::span<const std::optional<int64_t>> known,
                                    const ImageSettings& flags, const ImageSettings& metadata) {
  const size_t rank = known.size();
  if (!IsFloat(type.dtype) && !IsInteger(type.dtype)) return NoPicture(type, "elements must be numbers");
  if (rank != 3 && rank != 4) return NoPicture(type, "rank must be 4, or 3 without a batch");
  ImageRecipe recipe;
  recipe.dtype = type.dtype;
  recipe.batched = rank == 4;
  if (recipe.batched) recipe.batch = known[0];
  const auto layout = First(flags.layout, metadata.layout);
  const auto deduced = ChannelsLast(known);
  if (!layout && !deduced) return NoPicture(type, "no axis has 1 or 3 channels (--layout and --shape may tell)");
  recipe.channels_last = deduced.value_or(false);
  if (layout) {
    HASTEN_ASSIGN(recipe.channels_last, Choose(kLayouts, "layout", *layout));
  }
  const size_t c = recipe.channels_last ? rank - 1 : rank - 3;
  const auto color = First(flags.color, metadata.color);
  const int64_t channels = known[c].value_or(color == "gray" ? 1 : 3);
  if (!Pictured(channels)) return NoPicture(type, Str("it must have 1 or 3 channels, has ", channels));
  recipe.height = known[recipe.channels_last ? rank - 3 : rank - 2];
  recipe.width = known[recipe.channels_last ? rank - 2 : rank - 1];
  HASTEN_ASSIGN(recipe.color, Choose(kColors, "color", color.value_or(channels == 1 ? "gray" : "rgb")));
  if ((recipe.color == PixelFormat::kGray) != (channels == 1))
    return Status(Code::kInvalidArgument,
                  Str("color must be ", channels == 1 ? "gray" : "rgb or bgr", " for ", channels, " channels"));
  const auto resize = First(flags.resize, metadata.resize);
  HASTEN_ASSIGN(recipe.filter, Choose(kFilters, "resize", resize.value_or("bilinear")));
  recipe.resize_to = First(flags.resize_to, metadata.resize_to);
  const auto crop = First(flags.crop, metadata.crop);
  HASTEN_ASSIGN(recipe.fit, Choose(kFits, "crop", crop.value_or(recipe.resize_to ? "center" : "none")));
  HASTEN_TRY(SetNumbers(&recipe, static_cast<size_t>(channels), flags, metadata));
  return recipe;
}

}  // namespace hasten::cli
