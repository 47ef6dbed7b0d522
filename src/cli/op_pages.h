// docs/ops.md.
#pragma once
#include <string>

#include "ops/op.h"

namespace hasten::cli {

// Every op of the catalogue: what it computes, its inputs and outputs, its attributes with their defaults, the ONNX
// versions it is read from.
std::string OpsMarkdown(const Catalog& catalog);

}  // namespace hasten::cli
