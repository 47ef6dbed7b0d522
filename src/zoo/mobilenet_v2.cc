#include "zoo/zoo.h"

namespace hasten::zoo {
namespace {

// Sandler and others, "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018, table 2.
struct Stage {
  int64_t expansion, channels;
  int blocks;
  int64_t stride;
};
constexpr Stage kStages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                             {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};

ValueId ConvNorm(Builder& b, ValueId x, std::string_view name, const ConvShape& shape, double gain = 1) {
  return b.BatchNorm(b.Conv(x, Name(name, "0"), shape), Name(name, "1"), gain);
}

ValueId ConvNormRelu6(Builder& b, ValueId x, std::string_view name, const ConvShape& shape) {
  const std::string relu = Name(name, "2");
  x = ConvNorm(b, x, name, shape);
  return b.Add("Clip", relu, {x, b.Scalar(Name(relu, "min"), 0), b.Scalar(Name(relu, "max"), 6)});
}

ValueId InvertedResidual(Builder& b, ValueId x, const std::string& name, const Stage& s, int64_t stride) {
  const int64_t in = b.Dim(x, 1), width = in * s.expansion;
  ValueId y = x;
  int i = 0;
  if (s.expansion != 1) y = ConvNormRelu6(b, y, Str(name, ".conv.", i++), {.channels = width});
  y = ConvNormRelu6(b, y, Str(name, ".conv.", i++),
                    {.channels = width, .kernel = 3, .stride = stride, .pad = 1, .groups = width});
  const bool residual = stride == 1 && in == s.channels;
  y = ConvNorm(b, y, Str(name, ".conv.", i), {.channels = s.channels}, residual ? 0.5 : 1);
  return residual ? b.Add("Add", Name(name, "add"), {x, y}) : y;
}

void BuildMobileNet(Builder& b) {
  ValueId x = b.Input("input", DType::kF32, {1, 3, 224, 224});
  x = ConvNormRelu6(b, x, "features.0", {.channels = 32, .kernel = 3, .stride = 2, .pad = 1});
  int layer = 1;
  for (const Stage& s : kStages)
    for (int i = 0; i < s.blocks; ++i) x = InvertedResidual(b, x, Str("features.", layer++), s, i == 0 ? s.stride : 1);
  x = ConvNormRelu6(b, x, Str("features.", layer), {.channels = 1280});
  x = b.Add("GlobalAveragePool", "avgpool", {x});
  x = b.Add("Flatten", "flatten", {x});
  b.Output(b.Linear(x, "classifier.1", 1000), "output");
}

}  // namespace

extern const Topology kMobilenetV2 = {
    .name = "mobilenet_v2",
    .doc = "MobileNetV2 (width 1) on a 224x224 picture, as torchvision has it",
    .build = BuildMobileNet,
};

}  // namespace hasten::zoo
