// Rows of a depthwise convolution of 8-bit integers, channels last.
#pragma once
#include "kernels/cpu/int_tile.h"
#include "ops/window.h"

namespace hasten::cpu {

struct DepthwiseIntRow {
  WindowAxis height, width;
  int64_t channels = 0, weight_step = 0;  // numbers from tap to tap, at least `channels`
  Bytes x;                                // the image
  int32_t x_zero = 0;
  const int32_t* weights = nullptr;  // less their zero points, in the low 16 bits
  int32_t* sums = nullptr;           // [width.out, channels]
};
void SumDepthwiseRow(const DepthwiseIntRow& r, int64_t oh);

}  // namespace hasten::cpu
