// One row of a depthwise convolution over activations that lie channels last.
#pragma once
#include "kernels/cpu/gemm_tile.h"
#include "ops/window.h"

namespace hasten::cpu {

struct DepthwiseRow {
  WindowAxis height, width;
  int64_t channels = 0;
  const float* x = nullptr;        // image [height.in, width.in, channels]
  const float* weights = nullptr;  // [height.kernel, width.kernel, weight_step]
  int64_t weight_step = 0;
  const float* bias = nullptr;      // [channels] or null
  const float* residual = nullptr;  // as the row, or null
  float low = -std::numeric_limits<float>::infinity(), high = std::numeric_limits<float>::infinity();
  float* y = nullptr;  // [width.out, channels]
};

// y[o, c] = clamp(bias[c] + residual[o, c] + sum of weights[i, j, c] * x[row, column, c]) for output row `oh`; taps
// outside the image are left out.
void ComputeDepthwiseRow(const DepthwiseRow& r, int64_t oh);

}  // namespace hasten::cpu
