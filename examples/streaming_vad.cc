// Speech or silence, window after window, with a state that lasts: streaming_vad MODEL [SOUND.wav]
//
// The model's input is a window of samples, its state comes out of one window and goes into the next, and its output is
// the probability of speech: vad.ir here, which listens to loudness alone, or Silero VAD of one rate.  Without a file,
// a second of silence, one of a tone, and one of silence are listened to.
#include <cmath>
#include <cstdio>
#include <fstream>
#include <hasten/hasten.hpp>

namespace {

constexpr double kRate = 16000;

// 16-bit mono samples behind the usual header of 44 bytes.
std::vector<float> ReadWav(const char* path) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(44);
  std::vector<float> samples;
  for (int16_t s; file.read(reinterpret_cast<char*>(&s), sizeof s);) samples.push_back(static_cast<float>(s) / 32768);
  return samples;
}

std::vector<float> MakeSound() {
  std::vector<float> samples(static_cast<size_t>(3 * kRate));
  for (size_t i = 0; i < samples.size(); ++i) {
    const double t = static_cast<double>(i) / kRate;
    if (t >= 1 && t < 2) samples[i] = static_cast<float>(0.5 * std::sin(2 * 3.14159265 * 220 * t));
  }
  return samples;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: streaming_vad MODEL [SOUND.wav]\n"), 2;
  hasten::PlanOptions options;
  options.threads = 1;
  options.states = {{"state", "stateN"}};
  auto model = hasten::Model::Load(argv[1]);
  if (!model) return std::fprintf(stderr, "%s\n", model.error().message.c_str()), 1;
  auto plan = model->MakePlan(options).value();
  auto executor = plan.MakeExecutor().value();
  auto state = plan.MakeState().value();

  hasten::RunOptions run;
  run.state = &state;
  const std::vector<float> sound = argc > 2 ? ReadWav(argv[2]) : MakeSound();
  // Silero takes 512 samples and the 64 before them.
  const int64_t length = plan.inputs()[0].dims[1] > 0 ? plan.inputs()[0].dims[1] : 576;
  const auto window = static_cast<size_t>(length), step = window == 576 ? 512 : window;
  const bool takes_rate = plan.inputs().size() > 1;
  int speaking = 0;
  for (size_t at = 0; at + window <= sound.size(); at += step) {
    hasten::Arguments inputs = {hasten::Tensor::Of(hasten::View<const float>(&sound[at], window), {1, length})};
    if (takes_rate) inputs.emplace_back("sr", hasten::Tensor::Scalar<int64_t>(16000));
    auto outputs = executor.Run(inputs, run);
    if (!outputs) return std::fprintf(stderr, "%s\n", outputs.error().message.c_str()), 1;
    const float probability = (*outputs)[0].As<float>().value()[0];
    const int now = probability > 0.5f;
    if (now != speaking) std::printf("%6.2f s  %s\n", static_cast<double>(at) / kRate, now ? "speech" : "silence");
    speaking = now;
  }
}
