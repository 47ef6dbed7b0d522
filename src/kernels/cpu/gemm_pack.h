// The packed form of B: panels as wide as the micro-kernel's tile.
#pragma once
#include <algorithm>

#include "kernels/cpu/gemm_tile.h"

namespace hasten::cpu {

// How `columns` columns are split into panels of whole vectors, as evenly as can be, the wider ones first.
struct Panels {
  int64_t columns = 0, count = 0, narrow = 0, wide = 0;  // vectors of a narrow panel; how many have one more
  int lanes = 1;

  static Panels Of(int64_t columns, const TileKernels& kernels);
  int64_t vectors(int64_t p) const { return narrow + (p < wide ? 1 : 0); }
  // First column of panel p; of panel `count`: all columns with their padding.
  int64_t start(int64_t p) const { return lanes * (p * narrow + std::min(p, wide)); }
  int64_t valid(int64_t p) const { return std::min(columns, start(p + 1)) - start(p); }
  int64_t floats(int64_t k) const { return start(count) * k; }  // of a packed matrix of k rows
};

// Packs rows [0, k) of panels [first, last): element (i, j) is src[row[i] + j * column_step], or, with an empty `row`,
// src[i * row_step + j * column_step].  `to` is the whole packed matrix, 64-byte aligned; padding columns are zeros.
struct PackSource {
  const float* data = nullptr;
  std::span<const int64_t> row = {};
  int64_t row_step = 0, column_step = 1;
};
void PackPanels(const Panels& panels, const PackSource& src, int64_t k, int64_t first, int64_t last, float* to);

}  // namespace hasten::cpu
