// Made-up inputs.
#pragma once
#include "tensor/type.h"
#include "tensor/value.h"

namespace hasten::cli {

// Floats: uniform in [0, 1).  Integers and bools: 0 or 1, which are valid as indices, masks and lengths nearly
// everywhere.  Strings: "0" or "1".  A sequence has one element; an optional has its element.  Maps cannot be made up.
// A pure function of its arguments.
Result<Value> RandomValue(const Type& type, const Dims& dims, uint64_t seed);

// "random", "random:LOW,HIGH", "zeros" and "ones" stand in the place of a file.  Floats lie in [LOW, HIGH), integers in
// [LOW, HIGH].
bool IsPseudoFile(std::string_view text);
Result<Value> PseudoFile(std::string_view text, const Type& type, const Dims& dims, uint64_t seed);

}  // namespace hasten::cli
