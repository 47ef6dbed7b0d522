#include "cli/sound_input.h"

#include <fmt/format.h>

#include <charconv>

namespace hasten::cli {
namespace {

Status NoSound(const Type& type, std::string_view why) {
  return Status(Code::kInvalidArgument, Str(type, " takes no sound: ", why));
}

// The axis that the samples lie along.
Result<int> SampleAxis(const Type& type, const KnownDims& known) {
  int axis = -1;
  for (int i = 0; i < static_cast<int>(known.size()); ++i)
    if (known[static_cast<size_t>(i)] != 1) axis = i;
  for (int i = 0; i < axis; ++i)
    if (known[static_cast<size_t>(i)].value_or(1) != 1) return NoSound(type, "more than one axis is longer than 1");
  if (axis < 0) return NoSound(type, "no axis has room for samples");
  return axis;
}

float Sample(const std::vector<float>& samples, int64_t i) {
  return i < std::ssize(samples) ? samples[static_cast<size_t>(i)] : 0;
}

void Store(const std::vector<float>& samples, Tensor* out) {
  constexpr double kLoudest = 32768;  // of 16 bits
  for (int64_t i = 0; i < out->elements(); ++i) {
    const double v = Sample(samples, i);
    if (out->dtype == DType::kI16)
      out->SetInt(i, static_cast<int64_t>(std::clamp(std::nearbyint(v * kLoudest), -kLoudest, kLoudest - 1)));
    else
      out->SetDouble(i, v);
  }
}

}  // namespace

Result<int> ParseSampleRate(std::string_view text) {
  int rate = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  if (error != std::errc() || end != text.data() + text.size() || rate < 1 || rate > kMostSampleRate)
    return Status(Code::kInvalidModel, Str("must be samples a second, is ", Quote(text)));
  return rate;
}

Result<SoundInput> MakeSoundInput(std::string_view bytes, int rate, const ValueWish& wish) {
  const Type& type = wish.type;
  if (!type.is_tensor() || !wish.dims) return NoSound(type, "it must be a tensor of known rank (--shape may tell)");
  if (!IsFloat(type.dtype) && type.dtype != DType::kI16) return NoSound(type, "elements must be floats or i16");
  HASTEN_ASSIGN(const int axis, SampleAxis(type, *wish.dims));
  HASTEN_ASSIGN(const Sound sound, ReadSound(bytes, wish.limits));
  HASTEN_ASSIGN(const std::vector<float> samples, Resampled(sound, rate, wish.limits));
  const int64_t there = std::ssize(samples);
  const int64_t length = (*wish.dims)[static_cast<size_t>(axis)].value_or(there);
  Dims dims = Dims::Filled(static_cast<int>(wish.dims->size()), 1);
  dims[static_cast<size_t>(axis)] = length;
  SoundInput input;
  HASTEN_ASSIGN(input.tensor, NewTensor(type.dtype, dims));
  Store(samples, &input.tensor);
  const double seconds = static_cast<double>(sound.samples.size()) / sound.rate;
  input.said = fmt::format("{} Hz, {} channel{}, {:.3f} s to {} Hz, {} samples", sound.rate, sound.channels,
                           sound.channels == 1 ? "" : "s", seconds, rate, there);
  if (length < there) input.said += Str(", cut to the first ", length);
  if (length > there) input.said += Str(", filled up with silence to ", length);
  return input;
}

}  // namespace hasten::cli
