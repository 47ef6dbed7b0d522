#include "cli/formats/sound.h"

#include <samplerate.h>

#include <cmath>
#include <cstring>

#include "cli/formats/sound_calls.h"

namespace hasten::cli {
namespace {

// The bytes as libsndfile reads a file.
class Stream {
 public:
  explicit Stream(std::string_view bytes) : bytes_(bytes) {}
  static SF_VIRTUAL_IO* Calls() {
    static SF_VIRTUAL_IO calls = {Length, Seek, Read, Write, Tell};
    return &calls;
  }

 private:
  static Stream* Of(void* user) { return static_cast<Stream*>(user); }
  static sf_count_t Length(void* user) { return static_cast<sf_count_t>(Of(user)->bytes_.size()); }
  static sf_count_t Tell(void* user) { return Of(user)->at_; }
  static sf_count_t Write(const void*, sf_count_t, void*) { return 0; }
  static sf_count_t Seek(sf_count_t offset, int whence, void* user) {
    const sf_count_t size = Length(user);
    const sf_count_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? Of(user)->at_ : size;
    sf_count_t to = 0;
    if (__builtin_add_overflow(from, offset, &to) || to < 0) return -1;
    return Of(user)->at_ = std::min(to, size);
  }
  static sf_count_t Read(void* to, sf_count_t count, void* user) {
    Stream* s = Of(user);
    const sf_count_t n = std::clamp<sf_count_t>(count, 0, Length(user) - s->at_);
    std::memcpy(to, s->bytes_.data() + s->at_, static_cast<size_t>(n));
    s->at_ += n;
    return n;
  }

  std::string_view bytes_;
  sf_count_t at_ = 0;
};

constexpr int kMaxChannels = 64;

Status TooLong(const ReadLimits& limits) {
  return Status(Code::kOutOfMemory, Str("the sound takes more than ", limits.decoded_bytes, " bytes (--max-memory)"));
}

// Frames as they come: what the header says about their number is not believed.
Status ReadFrames(const SoundCalls& lib, SNDFILE* file, const ReadLimits& limits, Sound* sound) {
  constexpr sf_count_t kBlock = 4096;
  const auto channels = static_cast<size_t>(sound->channels);
  std::vector<float> block(static_cast<size_t>(kBlock) * channels);
  const float share = 1.0f / static_cast<float>(sound->channels);
  for (;;) {
    const sf_count_t n = lib.sf_readf_float(file, block.data(), kBlock);
    if (n <= 0) break;
    if (static_cast<int64_t>((sound->samples.size() + static_cast<size_t>(n)) * sizeof(float)) > limits.decoded_bytes)
      return TooLong(limits);
    for (size_t frame = 0; frame < static_cast<size_t>(n); ++frame) {
      float sum = 0;
      for (size_t c = 0; c < channels; ++c) sum += block[frame * channels + c];
      sound->samples.push_back(sum * share);
    }
  }
  if (lib.sf_error(file) != SF_ERR_NO_ERROR) return Status(Code::kDataLoss, lib.sf_strerror(file));
  return {};
}

}  // namespace

Result<Sound> ReadSound(std::string_view bytes, const ReadLimits& limits) {
  // libsndfile knows many formats more, which nobody asked for.
  if (FormOfBytes(bytes) != FileForm::kSound)
    return Status(Code::kDataLoss, "is no sound: it must be WAV, FLAC, Ogg or AIFF");
  Stream stream(bytes);
  SF_INFO info = {};
  HASTEN_ASSIGN(const SoundCalls* const lib, LazyCalls<SoundCalls>());
  const std::unique_ptr<SNDFILE, decltype(lib->sf_close)> file(
      lib->sf_open_virtual(Stream::Calls(), SFM_READ, &info, &stream), lib->sf_close);
  if (!file) return Status(Code::kDataLoss, lib->sf_strerror(nullptr));
  if (info.channels < 1 || info.channels > kMaxChannels || info.samplerate < 1)
    return Status(Code::kDataLoss,
                  Str("a sound of ", info.channels, " channels at ", info.samplerate, " Hz is not read"));
  Sound sound;
  sound.rate = info.samplerate;
  sound.channels = info.channels;
  HASTEN_TRY(ReadFrames(*lib, file.get(), limits, &sound));
  return sound;
}

Result<std::vector<float>> Resampled(const Sound& sound, int rate, const ReadLimits& limits) {
  if (sound.rate == rate) return sound.samples;
  SRC_DATA data = {};
  data.src_ratio = static_cast<double>(rate) / sound.rate;
  if (src_is_valid_ratio(data.src_ratio) == 0)
    return Status(Code::kInvalidArgument, Str(sound.rate, " Hz cannot become ", rate, " Hz: too far apart"));
  const double frames = std::ceil(static_cast<double>(sound.samples.size()) * data.src_ratio);
  if (frames * sizeof(float) > static_cast<double>(limits.decoded_bytes)) return TooLong(limits);
  std::vector<float> out(static_cast<size_t>(frames));
  data.data_in = sound.samples.data();
  data.input_frames = static_cast<long>(sound.samples.size());
  data.data_out = out.data();
  data.output_frames = static_cast<long>(out.size());
  if (out.empty()) return out;
  if (const int error = src_simple(&data, SRC_SINC_BEST_QUALITY, 1); error != 0)
    return Status(Code::kInternal, Str("resampling: ", src_strerror(error)));
  out.resize(static_cast<size_t>(data.output_frames_gen));
  return out;
}

}  // namespace hasten::cli
