// A tensor from a parsed JSON list.
#pragma once
#include <rapidjson/document.h>

#include <optional>

#include "tensor/tensor.h"

namespace hasten::cli {

// `shape` absent: that of the lists.  `dtype` kNone: what the first element suggests.
Result<Tensor> TensorOfJson(const rapidjson::Value& data, const std::optional<Dims>& shape, DType dtype);

}  // namespace hasten::cli
