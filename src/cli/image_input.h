// Pictures as inputs.
#pragma once
#include <string>
#include <vector>

#include "cli/formats/file_bytes.h"
#include "cli/image_recipe.h"

namespace hasten::cli {

// u8 [height, width, channels] to f32 of another size.  Bilinear takes the four nearest pixels, whatever the ratio;
// antialias widens the same filter where it shrinks.  Pixel centres lie at half integers; edges are repeated.
std::vector<float> ResizeImage(const Tensor& image, int64_t height, int64_t width, ResizeFilter filter);

struct PictureFile {
  std::string path;  // for messages
  FileBytes file;
};
// Where a picture lies in the input: pixel x of the input shows pixel (x + left) * across of the picture.
struct PlacedPicture {
  PictureFile picture;
  size_t input = 0;  // of the model's
  int64_t item = 0;  // of the batch
  int64_t input_height = 0, input_width = 0;
  double left = 0, above = 0, across = 1, down = 1;
};

struct ImageInput {
  Tensor tensor;
  std::vector<std::string> said;  // what was done, a line per picture
  std::vector<PlacedPicture> placed;
};
// The pictures as one batch.
Result<ImageInput> ReadImages(std::span<const PictureFile> pictures, const ImageRecipe& recipe);

}  // namespace hasten::cli
