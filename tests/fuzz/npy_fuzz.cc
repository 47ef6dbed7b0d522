// Any bytes as a .npy file: an error, or an array that is the same when it is written and read again.
#include "base/memory.h"
#include "cli/formats/npy.h"

using namespace hasten;
using namespace hasten::cli;

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  SetMemoryLimit(int64_t{1} << 28);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const FileBytes file = FileBytes::Of(std::string(reinterpret_cast<const char*>(data), size));
  for (const DType wanted : {DType::kNone, DType::kBF16, DType::kI4}) (void)ReadNpy(file, wanted);
  const auto tensor = ReadNpy(file);
  if (!tensor.ok()) return 0;
  auto written = EncodeNpy(*tensor);
  if (!written.ok()) return 0;
  const auto again = ReadNpy(FileBytes::Of(*std::move(written)));
  HASTEN_CHECK(again.ok());
  HASTEN_CHECK(SameBits(*tensor, *again));
  return 0;
}
