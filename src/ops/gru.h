// GRU's attributes, for kernels.
#pragma once
#include "ops/recurrent.h"

namespace hasten {

struct GruAttrs : RecurrentAttrs {
  bool linear_before_reset = false;
};

}  // namespace hasten
