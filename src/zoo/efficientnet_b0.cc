#include "zoo/zoo.h"

namespace hasten::zoo {
namespace {

// Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019, table 1.
struct Stage {
  int64_t expansion, kernel, stride, channels;
  int blocks;
};
constexpr Stage kStages[] = {{1, 3, 1, 16, 1},  {6, 3, 2, 24, 2},  {6, 5, 2, 40, 2}, {6, 3, 2, 80, 3},
                             {6, 5, 1, 112, 3}, {6, 5, 2, 192, 4}, {6, 3, 1, 320, 1}};
constexpr int64_t kSqueeze = 4;
constexpr double kSiluGain = 1.08;    // the largest at which deep sums of SiLUs do not grow
constexpr double kLinearGain = 0.65;  // of what follows no activation

ValueId ConvNorm(Builder& b, ValueId x, const std::string& name, ConvShape shape, double gain, double norm_gain = 1) {
  shape.pad = shape.kernel / 2;
  return b.BatchNorm(b.Conv(x, Name(name, "0"), shape, gain), Name(name, "1"), norm_gain);
}

ValueId ConvNormSilu(Builder& b, ValueId x, const std::string& name, const ConvShape& shape, double gain = kSiluGain) {
  return b.Silu(ConvNorm(b, x, name, shape, gain), Name(name, "2"));
}

ValueId SqueezeExcite(Builder& b, ValueId x, const std::string& name, int64_t squeezed) {
  ValueId s = b.Add("GlobalAveragePool", Name(name, "avgpool"), {x});
  s = b.Silu(b.Conv(s, Name(name, "fc1"), {.channels = squeezed, .bias = true}), Name(name, "activation"));
  s = b.Conv(s, Name(name, "fc2"), {.channels = b.Dim(x, 1), .bias = true});
  return b.Add("Mul", Name(name, "Mul"), {b.Add("Sigmoid", Name(name, "scale_activation"), {s}), x});
}

ValueId MbConv(Builder& b, ValueId x, const std::string& name, const Stage& s, int64_t stride) {
  const int64_t in = b.Dim(x, 1), width = in * s.expansion;
  ValueId y = x;
  int i = 0;
  if (s.expansion != 1) y = ConvNormSilu(b, y, Str(name, ".block.", i++), {.channels = width}, kLinearGain);
  y = ConvNormSilu(b, y, Str(name, ".block.", i++),
                   {.channels = width, .kernel = s.kernel, .stride = stride, .groups = width});
  y = SqueezeExcite(b, y, Str(name, ".block.", i++), in / kSqueeze);
  const bool residual = stride == 1 && in == s.channels;
  y = ConvNorm(b, y, Str(name, ".block.", i), {.channels = s.channels}, kSiluGain, residual ? 1 : 2);
  return residual ? b.Add("Add", Name(name, "add"), {y, x}) : y;
}

void BuildEfficientNet(Builder& b) {
  ValueId x = b.Input("input", DType::kF32, {1, 3, 224, 224});
  x = ConvNormSilu(b, x, "features.0", {.channels = 32, .kernel = 3, .stride = 2});
  int stage = 1;
  for (const Stage& s : kStages) {
    for (int i = 0; i < s.blocks; ++i) x = MbConv(b, x, Str("features.", stage, ".", i), s, i == 0 ? s.stride : 1);
    ++stage;
  }
  x = ConvNormSilu(b, x, Str("features.", stage), {.channels = 1280}, kLinearGain);
  x = b.Add("GlobalAveragePool", "avgpool", {x});
  x = b.Add("Flatten", "flatten", {x});
  b.Output(b.Linear(x, "classifier.1", 1000), "output");
}

}  // namespace

extern const Topology kEfficientnetB0 = {
    .name = "efficientnet_b0",
    .doc = "EfficientNet-B0 on a 224x224 picture, as torchvision has it",
    .build = BuildEfficientNet,
};

}  // namespace hasten::zoo
