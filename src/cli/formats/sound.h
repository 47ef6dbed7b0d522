// Sound files: WAV, FLAC, Ogg, AIFF.
#pragma once
#include <vector>

#include "cli/formats/file_bytes.h"

namespace hasten::cli {

struct Sound {
  std::vector<float> samples;  // -1 to 1, the mean of the channels
  int rate = 0;                // samples a second
  int channels = 0;            // of the file
};
Result<Sound> ReadSound(std::string_view bytes, const ReadLimits& limits = {});

// At another rate, by band-limited interpolation.
Result<std::vector<float>> Resampled(const Sound& sound, int rate, const ReadLimits& limits = {});

}  // namespace hasten::cli
