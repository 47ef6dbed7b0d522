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

// With AVX-512 VNNI: a lane holds up to four taps that lie above each other.
struct DepthwiseQuadsRow {
  WindowAxis height, width;
  int64_t channels = 0, weight_step = 0;  // lanes from column to column of the kernel, whole vectors
  Bytes x;                                // the image
  const std::byte* padding = nullptr;     // what lies outside: the zero point, once for each channel
  const int32_t* weights = nullptr;       // [height.kernel in quads][width.kernel], of i8
  const int32_t* start = nullptr;         // of the sums, per channel, whole vectors
  int32_t* sums = nullptr;                // [width.out, last - first]
};
// Channels [first, last); `first` is a multiple of 16.
void SumDepthwiseQuads(const DepthwiseQuadsRow& r, int64_t oh, int64_t first, int64_t last);  // x86 only

}  // namespace hasten::cpu
