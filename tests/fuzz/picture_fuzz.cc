// Any bytes as a picture: an error or pixels.
#include "base/memory.h"
#include "ops/image_codec.h"

using namespace hasten;

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  SetMemoryLimit(int64_t{1} << 28);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span file(reinterpret_cast<const std::byte*>(data), size);
  for (const PixelFormat format : {PixelFormat::kRgb, PixelFormat::kGray}) (void)DecodeImage(file, format);
  return 0;
}
