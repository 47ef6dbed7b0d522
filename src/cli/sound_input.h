// Sounds as inputs.
#pragma once
#include "cli/formats/sound.h"
#include "cli/formats/value_files.h"

namespace hasten::cli {

// Metadata key of the rate that a model hears at.
inline constexpr std::string_view kSampleRateMetadata = "hasten.sample_rate";
inline constexpr int kUsualSampleRate = 16000;
inline constexpr int kMostSampleRate = 10'000'000;
Result<int> ParseSampleRate(std::string_view text);

struct SoundInput {
  Tensor tensor;
  std::string said;  // what was done
};
// Samples along the last axis whose length is not 1; a fixed length cuts the sound or fills it up with silence.  Floats
// hold -1 to 1, i16 the samples of 16 bits.
Result<SoundInput> MakeSoundInput(std::string_view bytes, int rate, const ValueWish& wish);

}  // namespace hasten::cli
