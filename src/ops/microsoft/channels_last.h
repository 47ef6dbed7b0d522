// Tensors whose channels lie behind the spatial axes, for references that want them in front.
#pragma once
#include "ops/op.h"

namespace hasten::ops::microsoft {

Shape ChannelsFirst(const Shape& s);  // [N, d..., C] to [N, C, d...]
Shape ChannelsLast(const Shape& s);   // and back
Dims ChannelsFirst(const Dims& d);
// x [N, C, d...] becomes y [N, d..., C], and back.  `first`: dims of the former.
void ToChannelsLast(const Dims& first, std::span<const double> x, std::span<double> y);
void ToChannelsFirst(const Dims& first, std::span<const double> x, std::span<double> y);

}  // namespace hasten::ops::microsoft
