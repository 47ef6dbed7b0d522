// The values of a model that `hasten compare` takes as right.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "cli/report.h"
#include "engine/session.h"

namespace hasten::cli {

struct Judged {
  std::map<std::string, Tensor> layers;  // values between nodes, and outputs that nodes compute, by name
  std::vector<Value> outputs;
  int64_t dropped = 0;  // layers beyond the bytes allowed
  std::string by;       // "references", "onnxruntime 1.20.1"
};

// By a session of references alone.
Result<Judged> JudgeByReferences(Session* references, std::span<const Value> inputs, int64_t most_bytes);
// By ONNX Runtime, without its optimisations, in a Python that has it.  `layers`: whether values between nodes are
// wanted.  kNotFound, with what to do, where there is no such Python.
Result<Judged> JudgeByOnnxRuntime(const Model& model, std::span<const Value> inputs, bool layers,
                                  const std::string& python);

}  // namespace hasten::cli
