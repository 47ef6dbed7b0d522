// The micro-kernel that GEMM, convolution and their kin share: one tile of C, held in registers over all of K.
//
//   C[r, j] (+)= sum over segments s, k < length of a[s][r][k] * B[s * length + k, j]
//
// A is read through one pointer per segment and row, so that the taps of a convolution need no copy of the input.
#pragma once
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace hasten::cpu {

// What happens to a finished tile on its way to memory: y = clamp(scale * c + bias[j] + residual[r, j]).
struct TileTail {
  float scale = 1;
  const float* bias = nullptr;      // per column
  const float* residual = nullptr;  // as C
  int64_t residual_step = 0;        // floats between rows
  float low = -std::numeric_limits<float>::infinity(), high = std::numeric_limits<float>::infinity();
};

struct TileCall {
  const float* const* a = nullptr;  // [segments][rows]
  int64_t offset = 0;               // added to each pointer of a
  int64_t segments = 1, length = 0;
  const float* b = nullptr;  // packed panel: rows of `vectors` vectors
  int64_t panel_step = 0;    // floats from panel to panel, where a kernel computes several
  float* c = nullptr;
  int64_t c_step = 0;              // floats between rows
  int64_t columns = 0;             // valid ones; the rest of the last vector is not touched
  bool accumulate = false;         // start from C instead of zeros
  const TileTail* tail = nullptr;  // null: stored as it is
};

using TileFn = void (*)(const TileCall&);

// The kernels of one instruction set.
struct TileKernels {
  static constexpr int kMaxRows = 8, kMaxVectors = 3;
  std::string_view name;
  int lanes = 0;                                    // floats in a vector
  int rows = 0;                                     // of the largest tile
  int vectors = 0;                                  // of the widest panel
  TileFn tile[kMaxRows + 1][kMaxVectors + 1] = {};  // [rows][vectors of the panel]
  TileFn row4[kMaxVectors + 1] = {};                // one row over four panels of equal width (columns all valid)
};
// The best ones for this machine.
const TileKernels& BestTileKernels();

}  // namespace hasten::cpu
