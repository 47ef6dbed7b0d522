// Attributes of the gathering ops, for kernels.
#pragma once
#include "ops/movement.h"

namespace hasten {

struct GatherAttrs {
  int64_t axis = 0;
};

struct GatherElementsAttrs {
  int64_t axis = 0;
};

struct GatherNDAttrs {
  int64_t batch_dims = 0;
};

}  // namespace hasten
