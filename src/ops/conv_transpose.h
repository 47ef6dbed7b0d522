#pragma once
#include "ops/window.h"

namespace hasten {

struct ConvTransposeAttrs : WindowAttrs {
  std::vector<int64_t> output_padding, output_shape;  // empty: zeros; as the other attributes have it
  int64_t group = 1;
};

// The window of which this is the transpose: its input is y, its output is x.
Window TransposedWindow(const ConvTransposeAttrs& a, const Dims& x, const Dims& w, const Dims& y);

}  // namespace hasten
