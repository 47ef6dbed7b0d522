// What is wrong or odd in an ONNX file, as it stands there: also in files that cannot be imported.
#pragma once
#include <string>
#include <vector>

#include "base/status.h"
#include "ops/op.h"

namespace hasten {

struct Finding {
  enum class Level : uint8_t {
    kError,
    kWarning,
    kNote
  };  // breaks the standard; works, but is hardly meant; may matter
  Level level = Level::kError;
  std::string_view rule;  // one of LintRules()
  std::string where;  // "node 12 'conv1' (Conv)", "initializer", "graph"; of graphs inside nodes: with the way there
  std::string op;     // of the node; empty elsewhere
  std::string value;  // the value it is about; may be empty
  std::string message;
};
std::string_view Name(Finding::Level level);  // "error"

struct LintRule {
  std::string_view name;
  Finding::Level level;
  std::string_view doc;
};
std::span<const LintRule> LintRules();
Finding MakeFinding(std::string_view rule, std::string where, std::string value, std::string message);

// In the order of the file.  An error only where the bytes are no ONNX model at all.
Result<std::vector<Finding>> LintOnnx(const std::string& path, const Catalog& catalog = Catalog::BuiltIn());

}  // namespace hasten
