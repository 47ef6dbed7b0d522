// How a picture becomes an input: colour, size, scale, mean, deviation, layout.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ops/image_codec.h"
#include "tensor/type.h"

namespace hasten::cli {

// How a picture of other proportions becomes the input's size.
enum class Fit : uint8_t {
  kStretch,
  kCrop,       // keeps the proportions, covers the input and cuts the middle out
  kLetterbox,  // keeps the proportions and all of the picture, in the middle; the rest is grey
};
enum class ResizeFilter : uint8_t { kBilinear, kAntialias, kNearest };

// As given by a flag or by the model; what is absent is decided by the input's type.
struct ImageSettings {
  std::optional<std::string> color;   // rgb, bgr, gray
  std::optional<std::string> resize;  // bilinear, antialias, nearest
  std::optional<std::string> layout;  // nchw, nhwc
  std::optional<std::string> crop;    // center, letterbox, none
  std::optional<int64_t> resize_to;   // the shorter side before it is cropped
  std::optional<double> scale;
  std::optional<std::vector<double>> mean, deviation;  // one for all channels, or one each
};

// Pixels are 0..255; an element of the input is (pixel * scale - mean) / deviation.
struct ImageRecipe {
  PixelFormat color = PixelFormat::kRgb;
  ResizeFilter filter = ResizeFilter::kBilinear;
  bool channels_last = false, batched = true;
  Fit fit = Fit::kStretch;
  std::optional<int64_t> resize_to;             // the shorter side before kCrop cuts; else what just covers the input
  std::optional<int64_t> batch, height, width;  // as far as the model fixes them; the picture's own size otherwise
  double scale = 1;
  std::vector<double> mean, deviation;  // one per channel
  DType dtype = DType::kF32;

  int64_t channels() const { return static_cast<int64_t>(mean.size()); }
  std::string Text() const;  // "RGB, bilinear, times 1/255, mean ..., deviation ..., NCHW"
};

// Metadata key "hasten.image", a JSON object with the keys color, resize, layout, crop, resize_to, scale,
// mean, std.
inline constexpr std::string_view kImageMetadata = "hasten.image";
Result<ImageSettings> ParseImageMetadata(std::string_view json);

// Parsers of flags, which the metadata share.
Result<double> ParseScale(std::string_view text);                 // "0.5", "1/255"
Result<std::vector<double>> ParseNumbers(std::string_view text);  // "0.485,0.456,0.406"

// Flags win over the model's metadata, which win over what is usual: RGB, bilinear, 1/255, and ImageNet's mean and
// deviation for 3 channels of floats; pixels as they are for integers.  `known` are the input's dims as far as they are
// known.  The error says why the input cannot take a picture.
Result<ImageRecipe> MakeImageRecipe(const Type& type, std::span<const std::optional<int64_t>> known,
                                    const ImageSettings& flags, const ImageSettings& metadata);

}  // namespace hasten::cli
