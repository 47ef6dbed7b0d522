// What stands in an ONNX file, as it stands there: before import changes anything.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/status.h"

namespace hasten {

struct OnnxContents {
  std::map<std::string, int64_t> ops;     // nodes by type, "domain.Type" outside ai.onnx, graphs in nodes included
  int64_t constants = 0;                  // of them Constant nodes; not in `ops`
  std::vector<std::string> initializers;  // of the main graph
  std::vector<std::string> defaulted;     // inputs of the main graph that are initializers, too
  int ir_version = 0;
  bool external = false;  // some weight lies in another file
  int64_t bytes = 0;      // of the file, and of the weights outside it

  int64_t nodes() const;
};
Result<OnnxContents> ReadOnnxContents(const std::string& path);

}  // namespace hasten
