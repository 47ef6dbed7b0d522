// Models to ONNX files.
#pragma once
#include <optional>
#include <string>

#include "ir/graph.h"

namespace hasten {

struct ExportOptions {
  std::optional<int> opset;  // of ai.onnx; else the model's own
  // Tensors of so many bytes and more go to a file beside the model, "<path>.data".  Else that happens only where the
  // model would become larger than protobuf can hold.
  std::optional<int64_t> external_bytes;
};

// Writes the model through a temporary file, so that a reader never sees half of it.  Names (but of nodes that would
// share one), doc strings, metadata, producer and (unless the options ask for another) opset are the model's.  Each op
// is written in the form it has at that opset; kUnsupported, with the node's path, where it has none.
Status ExportOnnx(const Model& model, const std::string& path, const ExportOptions& options = {});

// The same into memory, without external data.
Result<std::string> ExportOnnxBytes(const Model& model, const ExportOptions& options = {});

}  // namespace hasten
