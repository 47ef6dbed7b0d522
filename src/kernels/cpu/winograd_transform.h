// The transforms of Winograd's minimal filtering F(4x4, 3x3) over channels-last tiles (Lavin and Gray,
// "Fast Algorithms for Convolutional Neural Networks", 2015).
#pragma once
#include <cstdint>

#include "kernels/cpu/gemm_tile.h"

namespace hasten::cpu {

inline constexpr int kWinogradOut = 4, kWinogradIn = 6, kWinogradPoints = 36;

// B^T d B of one tile: pixel (i, j) of d begins at `x` + (i * width + j) * step, `channels` floats; those outside rows
// [first_row, last_row) and columns [first_column, last_column) of the tile are zeros and not read.  Point p goes to
// `to` + p * point_step, in whole vectors (so up to `lanes - 1` floats beyond the channels).
struct WinogradInput {
  const float* x = nullptr;
  int64_t width = 0, step = 0, channels = 0;
  int first_row = 0, last_row = 6, first_column = 0, last_column = 6;
  float* to = nullptr;
  int64_t point_step = 0;
};
// A^T m A of one tile, and its tail: output (i, j) < (rows, columns) goes to `y` + (i * width + j) * step.
struct WinogradOutput {
  const float* m = nullptr;  // point p at p * point_step
  int64_t point_step = 0, filters = 0;
  float* y = nullptr;
  int64_t width = 0, step = 0;
  int rows = 4, columns = 4;
  const float* residual = nullptr;  // as y
  const TileTail* tail = nullptr;   // bias, low, high
};

void TransformInput(const WinogradInput& call);
void TransformOutput(const WinogradOutput& call);
// G g G^T of 3x3 filters, filter m's nine weights at `g` + m * step: its point p goes to to[p * point_step + m].
void TransformFilters(const float* g, int64_t step, int64_t filters, float* to, int64_t point_step);

}  // namespace hasten::cpu
