// The ONNX standard's backend cases: folders with model.onnx and test_data_set_N/{input,output}_K.pb.
#pragma once
#include <string>
#include <vector>

#include "engine/session.h"
#include "tensor/compare.h"

namespace hasten {

struct CaseResult {
  enum class Kind { kPassed, kFailed, kUnsupported };
  Kind kind = Kind::kPassed;
  std::string reason;  // of failure
};

// Folders below `root` (or `root` itself) that hold a model.onnx, sorted.
std::vector<std::string> FindCases(const std::string& root);
// The tolerance of a case: the standard's default, or its data.json's.
Tolerance ToleranceOf(const std::string& folder);
// Runs every data set of a case by plan; by references alone if `reference`.
CaseResult RunCase(const std::string& folder, bool reference);

}  // namespace hasten
