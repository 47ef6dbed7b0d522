// Pad: its attributes, and where each entry of a padded axis comes from.
#pragma once
#include "ops/movement.h"

namespace hasten {

struct PadAttrs {
  std::string mode = "constant";  // or reflect, edge, wrap
};

// Entries put in front of and behind one axis; negative ones are taken away.
struct PadBorder {
  int64_t begin = 0, end = 0;
  // Entries of an axis of `dim` that stay.
  int64_t Kept(int64_t dim) const { return dim + std::min<int64_t>(begin, 0) + std::min<int64_t>(end, 0); }
};

// Which entry of an axis of `dim` the one at `i` of the padded axis repeats; not for mode constant.
int64_t PadSource(std::string_view mode, const PadBorder& b, int64_t dim, int64_t i);
// One border an axis.
using PadBorders = std::array<PadBorder, Dims::kMaxRank>;
Result<PadBorders> PadBordersOf(const KernelCall& c);

}  // namespace hasten
