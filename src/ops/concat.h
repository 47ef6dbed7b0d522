// Concat's attributes, for kernels.
#pragma once
#include "ops/movement.h"

namespace hasten {

struct ConcatAttrs {
  std::optional<int64_t> axis;
};

}  // namespace hasten
