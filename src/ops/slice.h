// What Slice keeps of each axis.
#pragma once
#include "ops/movement.h"

namespace hasten {

// Entries start, start + step, ...
struct SlicePart {
  int64_t start = 0, step = 1, count = 0;
  // A step beyond the axis keeps one entry, and is not used.
  int64_t stride() const { return count > 1 ? step : 1; }
};
using SliceParts = std::array<SlicePart, Dims::kMaxRank>;
Result<SliceParts> SlicePartsOf(const KernelCall& c);

}  // namespace hasten
