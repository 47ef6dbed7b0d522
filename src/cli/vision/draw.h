// Boxes, labels and masks on a picture.
#pragma once
#include <array>
#include <string>

#include "tensor/tensor.h"

namespace hasten::cli {

using Color = std::array<uint8_t, 3>;
// Neighbouring classes get colours far apart.
Color ColorOf(int64_t label);

// Draws on u8 [height, width, 3], which outlives it; what lies outside is left out.
class Canvas {
 public:
  explicit Canvas(Tensor* picture) : picture_(picture) {}
  int64_t height() const { return picture_->dims[0]; }
  int64_t width() const { return picture_->dims[1]; }

  void Frame(int64_t left, int64_t above, int64_t right, int64_t below, int64_t thickness, Color color);
  // Dark or light on a field of that colour, whose lower left corner is given; moved inside where it would stick out.
  void Label(int64_t left, int64_t below, std::string_view text, int64_t scale, Color color);
  void Tint(int64_t x, int64_t y, Color color);  // half of each

 private:
  void Fill(int64_t left, int64_t above, int64_t right, int64_t below, Color color);
  uint8_t* at(int64_t x, int64_t y) { return picture_->as<uint8_t>() + (y * width() + x) * 3; }
  Tensor* picture_;
};

}  // namespace hasten::cli
