// Files of one value each (TensorProto, SequenceProto, OptionalProto, MapProto), as ONNX test data has them.
#pragma once
#include <memory>
#include <string>

#include "tensor/type.h"
#include "tensor/value.h"

namespace hasten {

// `expected` says which message the file holds, and the element dtype of an empty sequence; an unknown type means a
// tensor.  Tensors lie in the mapped file, which they keep open.
Result<Value> ReadValuePb(const std::string& path, const Type& expected);
// The same of bytes in memory, which `owner` keeps there.
Result<Value> ReadValuePb(std::string_view bytes, std::shared_ptr<const void> owner, const Type& expected);
Status WriteValuePb(const std::string& path, const Value& value, const Type& type, const std::string& name = "");

}  // namespace hasten
