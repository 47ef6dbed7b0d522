#include "cli/image_input.h"

#include "base/mapped_file.h"

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
      taps = {{std::min(static_cast<int64_t>(centre), from - 1)}, {1.0f}};
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

Result<Tensor> DecodeFile(const std::string& path, PixelFormat color) {
  HASTEN_ASSIGN(auto file, MappedFile::Open(path));
  const std::string_view bytes = file->bytes();
  return DecodeImage(std::as_bytes(std::span(bytes.data(), bytes.size())), color).At(path);
}

}  // namespace

std::vector<float> ResizeImage(const Tensor& image, int64_t height, int64_t width, ResizeFilter filter) {
  return AlongY(AlongX(image, AxisTaps(image.dims[1], width, filter)), AxisTaps(image.dims[0], height, filter));
}

Result<ImageInput> ReadImages(std::span<const std::string> paths, const ImageRecipe& recipe) {
  const int64_t batch = recipe.batch.value_or(static_cast<int64_t>(paths.size()));
  if (batch != static_cast<int64_t>(paths.size()) || (!recipe.batched && batch != 1))
    return Status(Code::kInvalidArgument, Str("takes ", recipe.batched ? batch : 1, " pictures, ", paths.size(),
                                              " given; each is a --image of its own"));
  ImageInput input;
  int64_t height = recipe.height.value_or(0), width = recipe.width.value_or(0);
  for (size_t n = 0; n < paths.size(); ++n) {
    HASTEN_ASSIGN(const Tensor image, DecodeFile(paths[n], recipe.color));
    if (n == 0) {
      height = recipe.height.value_or(image.dims[0]);
      width = recipe.width.value_or(image.dims[1]);
      HASTEN_ASSIGN(input.tensor, NewTensor(recipe.dtype, InputDims(recipe, batch, height, width)));
    }
    if (height > 0 && width > 0)
      Fill(&input.tensor, static_cast<int64_t>(n), ResizeImage(image, height, width, recipe.filter), recipe);
    input.said.push_back(
        Str(paths[n], ": ", image.dims[1], "x", image.dims[0], " to ", width, "x", height, ", ", recipe.Text()));
  }
  return input;
}

}  // namespace hasten::cli
