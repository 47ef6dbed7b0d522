// A small bitmap font for ASCII.
#pragma once
#include <cstdint>

namespace hasten::cli {

inline constexpr int kGlyphWidth = 5, kGlyphHeight = 7;
// True if that dot of the character is set; what is no printable ASCII shows as a box.
bool GlyphDot(char c, int row, int column);

}  // namespace hasten::cli
