// Batches of matrix products on packed panels: what MatMul and Gemm become.
#pragma once
#include "kernels/cpu/gemm_block.h"

namespace hasten::cpu {

// Decided when shapes are bound; plain data.
struct BoundProduct {
  int64_t batch = 1, rows = 0, inner = 0, cols = 0;
  std::array<int64_t, Dims::kMaxRank> batch_dims = {}, a_strides = {}, b_strides = {};  // strides in matrices
  int batch_rank = 0;
  int64_t b_matrices = 1;
  bool a_transposed = false, b_transposed = false;
  bool b_packed = false;  // at plan time; else phase 0 packs it (and a transposed a) into the workspace
  float alpha = 1;
  enum class Addend : uint8_t { kNone, kColumns, kFull } addend = Addend::kNone;  // Gemm's C
  Panels panels;
  ChunkGrid grid;
  BoundEpilogue epilogue;
  int64_t pack_panels = 0;  // panels that one chunk of phase 0 packs

  int64_t packed_floats() const { return panels.floats(inner); }
  void MatrixOffsets(int64_t index, int64_t* a, int64_t* b) const;
};
// Fills panels, grid, phases and workspace from the shapes above.
void FinishBinding(BoundProduct* p, Binding* binding);
Status RunProduct(KernelCall& c);

// The constant matrix `b` [inner, cols] (or its transpose) as [1, floats].
Result<Tensor> PackMatrix(const Tensor& b, bool transposed);
Type PackedMatrixType(const Dims& b, bool transposed);

}  // namespace hasten::cpu
