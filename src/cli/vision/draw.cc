#include "cli/vision/draw.h"

#include <cmath>

#include "cli/vision/font.h"

namespace hasten::cli {

Color ColorOf(int64_t label) {
  constexpr double kGolden = 0.61803398874989485;
  const double hue = 6 * std::fmod(0.02 + kGolden * static_cast<double>(label % 1000), 1.0);
  const auto channel = [hue](double shift) {
    const double at = std::fmod(hue + shift, 6.0);
    const double part = std::clamp(std::abs(at - 3) - 1, 0.0, 1.0);
    return static_cast<uint8_t>(std::lround(40 + 215 * part));
  };
  return {channel(0), channel(4), channel(2)};
}

void Canvas::Fill(int64_t left, int64_t above, int64_t right, int64_t below, Color color) {
  for (int64_t y = std::max<int64_t>(above, 0); y < std::min(below, height()); ++y)
    for (int64_t x = std::max<int64_t>(left, 0); x < std::min(right, width()); ++x)
      std::copy(color.begin(), color.end(), at(x, y));
}

void Canvas::Frame(int64_t left, int64_t above, int64_t right, int64_t below, int64_t thickness, Color color) {
  Fill(left, above, right, above + thickness, color);
  Fill(left, below - thickness, right, below, color);
  Fill(left, above, left + thickness, below, color);
  Fill(right - thickness, above, right, below, color);
}

void Canvas::Label(int64_t left, int64_t below, std::string_view text, int64_t scale, Color color) {
  const int64_t step = (kGlyphWidth + 1) * scale;
  const int64_t across = static_cast<int64_t>(text.size()) * step + scale, down = (kGlyphHeight + 2) * scale;
  left = std::max<int64_t>(0, std::min(left, width() - across));
  const int64_t above = std::max<int64_t>(0, std::min(below, height()) - down);
  Fill(left, above, left + across, above + down, color);
  const int brightness = (3 * color[0] + 6 * color[1] + color[2]) / 10;
  const Color ink = brightness > 127 ? Color{0, 0, 0} : Color{255, 255, 255};
  for (size_t i = 0; i < text.size(); ++i)
    for (int row = 0; row < kGlyphHeight; ++row)
      for (int column = 0; column < kGlyphWidth; ++column) {
        if (!GlyphDot(text[i], row, column)) continue;
        const int64_t x = left + scale + static_cast<int64_t>(i) * step + column * scale, y = above + (row + 1) * scale;
        Fill(x, y, x + scale, y + scale, ink);
      }
}

void Canvas::Tint(int64_t x, int64_t y, Color color) {
  uint8_t* pixel = at(x, y);
  for (size_t c = 0; c < 3; ++c) pixel[c] = static_cast<uint8_t>((pixel[c] + color[c] + 1) / 2);
}

}  // namespace hasten::cli
