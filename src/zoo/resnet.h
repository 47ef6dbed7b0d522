// Residual networks of He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition", CVPR 2016.
#pragma once
#include <array>

#include "zoo/builder.h"

namespace hasten::zoo {

// `blocks` in each of the four stages: of two 3x3 convolutions, or bottlenecks of 1x1, 3x3 and 1x1, which stride in the
// 3x3 as torchvision's do (v1.5).
void BuildResNet(Builder& b, const std::array<int, 4>& blocks, bool bottleneck);

}  // namespace hasten::zoo
