// How an ONNX op that Hasten has no op for becomes ops that it has: one record per file, found by its file.
#pragma once
#include <string_view>

#include "ops/onnx_form.h"

namespace hasten::onnx {

// `convert` rewrites the node into one of another type (n.type, n.domain), with further nodes before and after it
// through n.Emit and n.EmitAfter.  All of them are then read in the opset n.opset, which it may raise.
struct OnnxImport {
  std::string_view domain;  // "" is ai.onnx
  std::string_view type;
  Status (*convert)(OnnxNode& n) = nullptr;
};

}  // namespace hasten::onnx
