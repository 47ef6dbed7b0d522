// Any bytes are a model or an error; what was imported can be verified, written, and imported again.
#include "import/onnx/export.h"
#include "import/onnx/import.h"

using namespace hasten;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::make_shared<const std::string>(reinterpret_cast<const char*>(data), size);
  auto model = ImportOnnxBytes(bytes, *bytes, "fuzz", Catalog::BuiltIn());
  if (!model.ok()) return 0;
  HASTEN_CHECK(Verify((*model)->graph).ok());
  auto written = ExportOnnxBytes(**model);
  if (!written.ok()) return 0;
  const auto again = std::make_shared<const std::string>(*std::move(written));
  (void)ImportOnnxBytes(again, *again, "fuzz again", Catalog::BuiltIn());
  (void)ExportOnnxBytes(**model, {.opset = 21});
  return 0;
}
