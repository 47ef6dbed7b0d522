// Transpose's attributes, for kernels.
#pragma once
#include "ops/movement.h"

namespace hasten {

struct TransposeAttrs {
  std::optional<std::vector<int64_t>> perm;
};

// Where each axis of the output comes from.
Result<Dims> Permutation(const TransposeAttrs& a, int rank);

}  // namespace hasten
