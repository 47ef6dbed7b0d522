#include "cli/image_input.h"

namespace hasten::cli {
namespace {

// The pixels along one axis that make one pixel of the result.
struct Taps {
  std::vector<int64_t> at;
  std::vector<float> weight;
};

std::vector<Taps> AxisTaps(int64_t from, int64_t to, ResizeFilter filter) {
  const double ratio = static_cast<double>(from) / static_cast<double>(to);
  const double reach = filter == ResizeFilter::kAntialias ? std::max(ratio, 1.0) : 1.0;
  std::vector<Taps> all(static_cast<size_t>(to));
  for (int64_t i = 0; i < to; ++i) {
    Taps& taps = all[static_cast<size_t>(i)];
    const double centre = (static_cast<double>(i) + 0.5) * ratio;
    if (filter == ResizeFilter::kNearest) {
      taps = {{(2 * i + 1) * from / (2 * to)}, {1.0f}};
      continue;
    }
    double sum = 0;
    std::vector<double> weights;
    const auto first = static_cast<int64_t>(std::floor(centre - reach)),
               last = static_cast<int64_t>(std::ceil(centre + reach));
    for (int64_t p = std::max<int64_t>(first, 0); p < std::min(last, from); ++p) {
      const double weight = 1 - std::abs(static_cast<double>(p) + 0.5 - centre) / reach;
      if (weight <= 0) continue;
      taps.at.push_back(p);
      weights.push_back(weight);
      sum += weight;
    }
    for (double w : weights) taps.weight.push_back(static_cast<float>(w / sum));
  }
  return all;
}

// Rows first, then columns.
struct Pixels {
  int64_t height, width, channels;
  std::vector<float> data;
  const float* at(int64_t y, int64_t x) const { return data.data() + (y * width + x) * channels; }
};

Pixels AlongX(const Tensor& image, const std::vector<Taps>& taps) {
  const int64_t channels = image.dims[2];
  Pixels out{image.dims[0], static_cast<int64_t>(taps.size()), channels, {}};
  out.data.resize(static_cast<size_t>(out.height * out.width * channels));
  float* to = out.data.data();
  for (int64_t y = 0; y < out.height; ++y) {
    const uint8_t* row = image.as<uint8_t>() + y * image.dims[1] * channels;
    for (const Taps& t : taps)
      for (int64_t c = 0; c < channels; ++c) {
        float sum = 0;
        for (size_t k = 0; k < t.at.size(); ++k) sum += t.weight[k] * static_cast<float>(row[t.at[k] * channels + c]);
        *to++ = sum;
      }
  }
  return out;
}

std::vector<float> AlongY(const Pixels& in, const std::vector<Taps>& taps) {
  const int64_t row = in.width * in.channels;
  std::vector<float> out(taps.size() * static_cast<size_t>(row));
  for (size_t y = 0; y < taps.size(); ++y)
    for (size_t k = 0; k < taps[y].at.size(); ++k) {
      const float weight = taps[y].weight[k];
      const float* from = in.at(taps[y].at[k], 0);
      float* to = out.data() + y * static_cast<size_t>(row);
      for (int64_t i = 0; i < row; ++i) to[i] += weight * from[i];
    }
  return out;
}

void Store(Tensor* t, int64_t i, double v) {
  if (!IsFloat(t->dtype)) {
    const double low = static_cast<double>(IntMin(t->dtype)), high = static_cast<double>(IntMax(t->dtype));
    v = std::clamp(std::nearbyint(v), low, high);
  }
  t->SetDouble(i, v);
}

// Normalises one picture into place `n` of the batch.
void Fill(Tensor* out, int64_t n, const std::vector<float>& pixels, const ImageRecipe& r) {
  const int64_t channels = r.channels(), size = static_cast<int64_t>(pixels.size()), area = size / channels;
  for (int64_t i = 0; i < size; ++i) {
    const int64_t c = i % channels, place = i / channels;
    const auto ch = static_cast<size_t>(c);
    const double v = (static_cast<double>(pixels[static_cast<size_t>(i)]) * r.scale - r.mean[ch]) / r.deviation[ch];
    Store(out, n * size + (r.channels_last ? i : c * area + place), v);
  }
}

Dims InputDims(const ImageRecipe& r, int64_t batch, int64_t height, int64_t width) {
  Dims dims = r.channels_last ? Dims{height, width, r.channels()} : Dims{r.channels(), height, width};
  if (r.batched) dims.insert(0, batch);
  return dims;
}

struct Size {
  int64_t height, width;
};

Status CheckSize(int64_t height, int64_t width) {
  constexpr int64_t kMost = int64_t{1} << 28;
  if (height <= kMost && width <= kMost && height * width <= kMost) return {};
  return Status(Code::kInvalidArgument, Str(width, "x", height, " pixels are too many"));
}

// What the picture is resized to before height x width are cut out of its middle.
Result<Size> SizeBeforeCrop(const Tensor& image, int64_t height, int64_t width, const ImageRecipe& recipe) {
  const int64_t h = image.dims[0], w = image.dims[1];
  if (!recipe.resize_to) {
    if (h * width < w * height) return Size{height, std::max(width, (w * height + h / 2) / h)};
    return Size{std::max(height, (h * width + w / 2) / w), width};
  }
  const int64_t shorter = *recipe.resize_to;
  const Size size = h < w ? Size{shorter, shorter * w / h} : Size{shorter * h / w, shorter};
  if (size.height < height || size.width < width)
    return Status(Code::kInvalidArgument, Str("resized to ", size.width, "x", size.height, ", which has no ", width,
                                              "x", height, " to cut out: --resize-to must be larger"));
  return size;
}

std::vector<float> Cut(const std::vector<float>& pixels, Size from, int64_t above, int64_t left, Size to,
                       int64_t channels) {
  std::vector<float> out;
  out.reserve(static_cast<size_t>(to.height * to.width * channels));
  for (int64_t y = above; y < above + to.height; ++y) {
    const auto row = pixels.begin() + (y * from.width + left) * channels;
    out.insert(out.end(), row, row + to.width * channels);
  }
  return out;
}

// The grey around a letterboxed picture, as the trainers of YOLO have it.
constexpr float kGrey = 114;

// What the picture is resized to so that height x width just hold it.
Size SizeInside(const Tensor& image, int64_t height, int64_t width) {
  const int64_t h = image.dims[0], w = image.dims[1];
  if (h * width < w * height) return {std::max<int64_t>(1, (h * width + w / 2) / w), width};
  return {height, std::max<int64_t>(1, (w * height + h / 2) / h)};
}

std::vector<float> Framed(const std::vector<float>& pixels, Size from, int64_t above, int64_t left, Size to,
                          int64_t channels) {
  std::vector<float> out(static_cast<size_t>(to.height * to.width * channels), kGrey);
  for (int64_t y = 0; y < from.height; ++y) {
    const auto row = pixels.begin() + y * from.width * channels;
    std::copy(row, row + from.width * channels, out.begin() + ((above + y) * to.width + left) * channels);
  }
  return out;
}

// Half a pixel goes to the even side.
int64_t Margin(int64_t from, int64_t to) { return std::lround(std::nearbyint(static_cast<double>(from - to) / 2)); }

Result<std::vector<float>> Resized(const Tensor& image, const ImageRecipe& recipe, PlacedPicture* placed) {
  const Size to{placed->input_height, placed->input_width};
  Size before = to;
  if (recipe.fit == Fit::kLetterbox) before = SizeInside(image, to.height, to.width);
  if (recipe.fit == Fit::kCrop) {
    HASTEN_ASSIGN(before, SizeBeforeCrop(image, to.height, to.width, recipe));
  }
  HASTEN_TRY(CheckSize(before.height, before.width));
  placed->across = static_cast<double>(image.dims[1]) / static_cast<double>(before.width);
  placed->down = static_cast<double>(image.dims[0]) / static_cast<double>(before.height);
  std::vector<float> pixels = ResizeImage(image, before.height, before.width, recipe.filter);
  if (recipe.fit == Fit::kStretch) return pixels;
  const int64_t above = Margin(before.height, to.height), left = Margin(before.width, to.width);  // < 0: around it
  placed->above = static_cast<double>(above);
  placed->left = static_cast<double>(left);
  if (recipe.fit == Fit::kLetterbox) return Framed(pixels, before, -above, -left, to, recipe.channels());
  return Cut(pixels, before, above, left, to, recipe.channels());
}

}  // namespace

std::vector<float> ResizeImage(const Tensor& image, int64_t height, int64_t width, ResizeFilter filter) {
  return AlongY(AlongX(image, AxisTaps(image.dims[1], width, filter)), AxisTaps(image.dims[0], height, filter));
}

Result<ImageInput> ReadImages(std::span<const PictureFile> pictures, const ImageRecipe& recipe) {
  const auto given = std::ssize(pictures);
  const int64_t batch = recipe.batch.value_or(given);
  if (batch != given || (!recipe.batched && batch != 1))
    return Status(Code::kInvalidArgument, Str("takes ", recipe.batched ? batch : 1, " pictures, ", given,
                                              " given; each is a --image of its own"));
  ImageInput input;
  int64_t height = recipe.height.value_or(0), width = recipe.width.value_or(0);
  for (const PictureFile& picture : pictures) {
    const int64_t n = std::ssize(input.placed);
    const auto bytes = std::as_bytes(std::span(picture.file.bytes.data(), picture.file.bytes.size()));
    HASTEN_ASSIGN(const Tensor image, DecodeImage(bytes, recipe.color).At(picture.path));
    if (n == 0) {
      height = recipe.height.value_or(recipe.resize_to.value_or(image.dims[0]));
      width = recipe.width.value_or(recipe.resize_to.value_or(image.dims[1]));
      HASTEN_ASSIGN(input.tensor, NewTensor(recipe.dtype, InputDims(recipe, batch, height, width)));
    }
    PlacedPicture placed{.picture = picture, .item = n, .input_height = height, .input_width = width};
    if (height > 0 && width > 0) {
      HASTEN_ASSIGN(const std::vector<float> pixels, Resized(image, recipe, &placed).At(picture.path));
      Fill(&input.tensor, n, pixels, recipe);
    }
    input.placed.push_back(placed);
    input.said.push_back(
        Str(picture.path, ": ", image.dims[1], "x", image.dims[0], " to ", width, "x", height, ", ", recipe.Text()));
  }
  return input;
}

}  // namespace hasten::cli
