// Pictures as inputs.
#pragma once
#include <string>
#include <vector>

#include "cli/image_recipe.h"

namespace hasten::cli {

// u8 [height, width, channels] to f32 of another size.  Bilinear takes the four nearest pixels, whatever the ratio;
// antialias widens the same filter where it shrinks.  Pixel centres lie at half integers; edges are repeated.
std::vector<float> ResizeImage(const Tensor& image, int64_t height, int64_t width, ResizeFilter filter);

struct ImageInput {
  Tensor tensor;
  std::vector<std::string> said;  // what was done, a line per picture
};
// The pictures as one batch.
Result<ImageInput> ReadImages(std::span<const std::string> paths, const ImageRecipe& recipe);

}  // namespace hasten::cli
