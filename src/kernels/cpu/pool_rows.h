// Pooling row by row, in both layouts: the rows under a window are combined into one, then shifts of that one.
#pragma once
#include "kernels/cpu/strided_copy.h"
#include "ops/pooling.h"

namespace hasten::cpu {

// How elements are combined.
struct PoolRowOps {
  int64_t size;  // bytes of an element
  // out[i] = rows[0][i] o rows[1][i] o ... for i < n; `out` may be none of the rows.
  void (*combine)(const void* const* rows, int64_t count, int64_t n, void* out);
  // `n` elements that change nothing.
  void (*neutral)(int64_t n, void* out);
};
PoolRowOps MaxRowsF32();  // NaN wins
PoolRowOps MaxRowsU8();
PoolRowOps MaxRowsI8();
PoolRowOps SumRowsF32();

// Decided when shapes are bound; plain data.  Axes are depth, height, width; missing ones have size 1.
struct BoundPool {
  std::array<WindowAxis, 3> axes = {};
  int64_t images = 0, pixel = 1;  // elements that lie together: the channels, or one
  int64_t segment = 0;            // outputs of a row computed together, so that their input stays in the first cache
  int64_t rows = 0, rows_per_chunk = 1;
  int64_t window_rows() const { return axes[0].kernel * axes[1].kernel; }
};

inline bool PoolSupported(const PlanCall& call) {
  return call.in[0].shape.ranked() && call.in[0].shape.rank() >= 3 && call.in[0].shape.rank() <= 5;
}
BoundPool BindPool(const BoundShapes& s, const PoolAttrs& a, int64_t size);
int64_t PoolChunks(const BoundPool& b);
// Output `row` of [image, depth, height]; `scratch` of PoolScratch elements and `lines` of PoolLines pointers.
int64_t PoolScratch(const BoundPool& b);
int64_t PoolLines(const BoundPool& b);
void PoolRow(const BoundPool& b, const PoolRowOps& ops, int64_t row, const std::byte* x, std::byte* y,
             std::byte* scratch, const void** lines);

}  // namespace hasten::cpu
