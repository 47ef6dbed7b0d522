// A block of rows by a range of panels, in an order that keeps one slice of B in the caches.
#pragma once
#include "kernels/cpu/epilogue.h"
#include "kernels/cpu/gemm_pack.h"

namespace hasten::cpu {

// Rows of a block are cut into tiles as evenly as can be: 49 rows are nine tiles of 5 and 6, not eight of 6 and one
// of 1.
struct RowTiles {
  int64_t rows = 0, count = 0;
  static RowTiles Of(int64_t rows, int largest) { return {rows, (rows + largest - 1) / largest}; }
  int64_t start(int64_t t) const { return t * (rows / count) + std::min(t, rows % count); }
  int64_t size(int64_t t) const { return rows / count + (t < rows % count ? 1 : 0); }
};

struct BlockCall {
  const TileKernels* kernels = nullptr;
  Panels panels;
  int64_t first_panel = 0, last_panel = 0;
  const float* b = nullptr;          // the whole packed matrix of segments * length rows
  int64_t segments = 1, length = 0;  // taps and channels
  const float* const* a = nullptr;   // tile after tile: [segments][rows of the tile]
  RowTiles tiles;
  float* c = nullptr;  // row 0 of the block, column 0 of the matrix
  int64_t c_step = 0;
  bool accumulate = false;  // to what `c` holds
  // bias: of column 0; residual: of row 0, column 0, elsewhere than `c`, which holds sums of a part of K meanwhile.
  TileTail tail;
};
void MultiplyBlock(const BlockCall& call);

// How many rows and panels a chunk has: from shapes alone.
struct ChunkGrid {
  int64_t row_blocks = 1, panel_blocks = 1;
  int64_t rows = 0, panels = 0;
  static ChunkGrid Of(int64_t rows, const Panels& panels, int64_t k, int tile_rows);
  int64_t chunks() const { return row_blocks * panel_blocks; }
  // Rows [first, last) of chunk i, in whole tiles as far as possible, and its panels.
  int64_t first_row(int64_t block) const { return rows * block / row_blocks; }
  int64_t first_panel(int64_t block) const { return panels * block / panel_blocks; }
};

}  // namespace hasten::cpu
