// Attributes that name an element type by its number in ONNX.
#pragma once
#include "base/status.h"
#include "tensor/dtype.h"

namespace hasten {

inline Result<DType> DTypeFromAttr(int64_t v) {
  HASTEN_REQUIRE(v > 0 && v < kNumDTypes, "attribute dtype must be the number of an element type, is ", v);
  return static_cast<DType>(v);
}

}  // namespace hasten
