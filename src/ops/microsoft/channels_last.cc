#include "ops/microsoft/channels_last.h"

namespace hasten::ops::microsoft {

Shape ChannelsFirst(const Shape& s) {
  if (!s.ranked() || s.rank() < 3) return s;
  Shape out = s;
  std::rotate(out.dims().begin() + 1, out.dims().end() - 1, out.dims().end());
  return out;
}

Shape ChannelsLast(const Shape& s) {
  if (!s.ranked() || s.rank() < 3) return s;
  Shape out = s;
  std::rotate(out.dims().begin() + 1, out.dims().begin() + 2, out.dims().end());
  return out;
}

Dims ChannelsFirst(const Dims& d) {
  Dims out = d;
  if (d.rank() >= 3) std::rotate(out.begin() + 1, out.end() - 1, out.end());
  return out;
}

void ToChannelsLast(const Dims& first, std::span<const double> x, std::span<double> y) {
  const int64_t channels = first[1], size = first.Product(2, first.rank());
  for (int64_t n = 0; n < first[0]; ++n)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t i = 0; i < size; ++i)
        y[static_cast<size_t>((n * size + i) * channels + c)] = x[static_cast<size_t>((n * channels + c) * size + i)];
}

void ToChannelsFirst(const Dims& first, std::span<const double> x, std::span<double> y) {
  const int64_t channels = first[1], size = first.Product(2, first.rank());
  for (int64_t n = 0; n < first[0]; ++n)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t i = 0; i < size; ++i)
        y[static_cast<size_t>((n * channels + c) * size + i)] = x[static_cast<size_t>((n * size + i) * channels + c)];
}

}  // namespace hasten::ops::microsoft
