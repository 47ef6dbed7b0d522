// Made-up inputs.
#pragma once
#include "tensor/type.h"
#include "tensor/value.h"

namespace hasten::cli {

// Floats: uniform in [0, 1).  Integers and bools: 0 or 1, which are valid as indices, masks and lengths nearly
// everywhere.  Strings: "0" or "1".  A sequence has one element; an optional has its element.  Maps cannot be made up.
// A pure function of its arguments.
Result<Value> RandomValue(const Type& type, const Dims& dims, uint64_t seed);

}  // namespace hasten::cli
