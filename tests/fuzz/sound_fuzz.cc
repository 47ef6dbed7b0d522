// Any bytes as a sound: an error, or samples that can be brought to another rate.
#include "base/memory.h"
#include "cli/formats/sound.h"

using namespace hasten;
using namespace hasten::cli;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ReadLimits limits = {.decoded_bytes = 1 << 22};
  auto sound = ReadSound({reinterpret_cast<const char*>(data), size}, limits);
  if (!sound.ok()) return 0;
  HASTEN_CHECK(sound->rate > 0);
  (void)Resampled(*sound, 16000, limits);
  return 0;
}
