// Split's attributes, for kernels.
#pragma once
#include "ops/movement.h"

namespace hasten {

struct SplitAttrs {
  int64_t axis = 0;
  std::optional<int64_t> num_outputs;
};

// Size of part i of n nearly equal ones; the last are smaller.
Dim EqualSplit(const Dim& dim, int64_t n, int64_t i);

}  // namespace hasten
