// Types, tensors and their descriptions as protobuf messages.
#pragma once
#include <map>
#include <string>
#include <string_view>

#include "import/onnx/rope.h"
#include "ir/graph.h"

namespace hasten::onnx {

Rope WriteType(const Type& type);
// What is written for a value: what inference knows, with the names and hints of the file for what it does not.
Type WrittenType(const GraphValue& value);
Rope WriteValueInfo(const GraphValue& value, std::string_view name);
Rope WriteStringEntry(std::string_view key, std::string_view value);
void WriteMetadata(Rope* out, uint32_t field, const std::map<std::string, std::string>& metadata);

// name, dims, dtype and doc; data is up to the caller.
Rope WriteTensorHead(const Tensor& t, std::string_view name, std::string_view doc);
// With its elements, by reference where they are many: the tensor's memory outlives the rope.
Rope WriteTensor(const Tensor& t, std::string_view name, std::string_view doc);

}  // namespace hasten::onnx
