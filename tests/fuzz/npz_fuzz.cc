// Any bytes as a .npz archive: an error, or members that are arrays or errors.
#include "base/memory.h"
#include "cli/formats/npz.h"

using namespace hasten;
using namespace hasten::cli;

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  SetMemoryLimit(int64_t{1} << 28);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const FileBytes file = FileBytes::Of(std::string(reinterpret_cast<const char*>(data), size));
  auto archive = NpzArchive::Open(file, {.decoded_bytes = 1 << 24});
  if (!archive.ok()) return 0;
  for (const std::string& name : archive->names()) (void)archive->Read(name);
  return 0;
}
