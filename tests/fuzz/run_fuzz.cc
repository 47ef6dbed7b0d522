// Any bytes as a model that is imported, simplified, planned and run once within limits: an error, or outputs.
#include "base/memory.h"
#include "engine/session.h"
#include "fuzz/small_inputs.h"
#include "import/onnx/import.h"

using namespace hasten;

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  SetMemoryLimit(int64_t{1} << 30);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::make_shared<const std::string>(reinterpret_cast<const char*>(data), size);
  auto model = ImportOnnxBytes(bytes, *bytes, "fuzz", Catalog::BuiltIn());
  if (!model.ok()) return 0;
  SessionOptions options;
  options.passes = size % 2 == 0;
  auto session = Session::Optimized(*std::move(model), options);
  if (!session.ok()) return 0;
  const auto inputs = SmallInputs(*(*session)->plan());
  if (!inputs) return 0;
  RunOptions run;
  run.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
  std::vector<Value> outputs;
  (void)(*session)->Run(*inputs, &outputs, run);
  return 0;
}
