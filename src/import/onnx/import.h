// ONNX files to models.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "ir/graph.h"
#include "ops/op.h"

namespace hasten {

// The model in a file.  Weights stay in the mapped file, which the model's tensors keep open; external data must lie in
// the file's folder.  Errors begin with the path and say which node of it breaks what.
// What had to be changed to read it is in Model::notes.  Any bytes are safe to read: memory is bounded by a multiple of
// the file's size, recursion by a constant.
Result<std::unique_ptr<Model>> ImportOnnx(const std::string& path, const Catalog& catalog);

// The same from memory that `owner` keeps alive.  External data is refused.
Result<std::unique_ptr<Model>> ImportOnnxBytes(std::shared_ptr<const void> owner, std::string_view bytes,
                                               std::string path_for_messages, const Catalog& catalog);

}  // namespace hasten
