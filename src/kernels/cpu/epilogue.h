// The epilogue of a kernel that writes rows of channels: a matrix product's, a convolution's (channels last).
#pragma once
#include <array>

#include "kernels/cpu/gemm_tile.h"
#include "kernels/cpu/pointwise_tile.h"
#include "kernels/tactic.h"

namespace hasten::cpu {

inline constexpr int kMaxEpilogueOperands = 16;

// Decided when shapes are bound; plain data.  The output is seen as rows (all physical axes but the last) of columns.
struct BoundEpilogue {
  struct Operand {
    int64_t column_step;                          // 0 or 1
    std::array<int64_t, Dims::kMaxRank> strides;  // along the row axes
    bool every_row;                               // the same for every row
    bool as_output;                               // lies exactly as the output does
  };
  std::array<Operand, kMaxEpilogueOperands> operands;  // operand i + 1 of the program; the first `count` are filled
  std::array<int64_t, Dims::kMaxRank> row_dims = {};
  int rank = 0, count = 0;
  int64_t columns = 0;
  // The program is y = clamp(c + bias + residual): the micro-kernel's tail does it.  -1: without that operand.
  bool tail_only = true;
  bool flat = true;  // every operand lies as the output does, or is one element
  int bias = -1, residual = -1;
  float low = -std::numeric_limits<float>::infinity(), high = std::numeric_limits<float>::infinity();
};

// Whether operands and program fit; asked at plan time.
bool EpilogueSupported(const PlanCall& call);
// For the output's logical dims.
BoundEpilogue BindEpilogue(const PointwiseProgram* program, std::span<const Type> operands, const Dims& output,
                           Layout layout);
// What the tail needs besides bias and scale, for a tile that begins at float `at` of the output.
void SetTail(const BoundEpilogue& e, const KernelCall& c, TileTail* tail);
// Runs the program over rows [first, last) and columns [begin, end) of the output, where tail_only is false.
void ApplyEpilogue(const BoundEpilogue& e, const KernelCall& c, float* output, int64_t first, int64_t last,
                   int64_t begin, int64_t end);

}  // namespace hasten::cpu
