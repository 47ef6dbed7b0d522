// TypeProto to Type.
#pragma once
#include <string_view>

#include "import/onnx/wire.h"
#include "tensor/type.h"

namespace hasten::onnx {

// What the file claims: dim_param is a symbol, a dim without a value (or a negative one) a fresh symbol, no shape an
// unknown rank.  Opaque types are unknown.
Result<Type> ReadType(Bytes message);

// The type of a graph input: dims that the claim leaves open, and dims of 0, which exporters write for the same, are
// symbols named after the input.
Type InputType(const Type& claimed, std::string_view input);
// The name of such a symbol.
std::string OpenDimName(std::string_view input, int axis);
// True for a dim that the file leaves open.
bool IsOpen(const Dim& claimed);

}  // namespace hasten::onnx
