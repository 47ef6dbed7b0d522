#include "zoo/resnet.h"

namespace hasten::zoo {
namespace {

constexpr int64_t kExpansion = 4;      // of a bottleneck
constexpr double kResidualGain = 0.3;  // sums of sixteen blocks stay near unit variance

// Convolution and norm; `i` numbers the pair.
ValueId ConvNorm(Builder& b, ValueId x, std::string_view block, int i, const ConvShape& shape, double gain = 1) {
  const ValueId y = b.Conv(x, Name(block, Str("conv", i)), shape);
  return b.BatchNorm(y, Name(block, Str("bn", i)), gain);
}

ValueId Shortcut(Builder& b, ValueId x, std::string_view block, int64_t channels, int64_t stride) {
  if (b.Dim(x, 1) == channels && stride == 1) return x;
  const ValueId y = b.Conv(x, Name(block, "downsample.0"), {.channels = channels, .stride = stride});
  return b.BatchNorm(y, Name(block, "downsample.1"), 0.7);
}

ValueId Basic(Builder& b, ValueId x, std::string_view block, int64_t width, int64_t stride) {
  ValueId y = ConvNorm(b, x, block, 1, {.channels = width, .kernel = 3, .stride = stride, .pad = 1});
  y = b.Relu(y, Name(block, "relu"));
  y = ConvNorm(b, y, block, 2, {.channels = width, .kernel = 3, .pad = 1}, kResidualGain);
  y = b.Add("Add", Name(block, "add"), {y, Shortcut(b, x, block, width, stride)});
  return b.Relu(y, Name(block, "relu_1"));
}

ValueId Bottleneck(Builder& b, ValueId x, std::string_view block, int64_t width, int64_t stride) {
  ValueId y = ConvNorm(b, x, block, 1, {.channels = width});
  y = b.Relu(y, Name(block, "relu"));
  y = ConvNorm(b, y, block, 2, {.channels = width, .kernel = 3, .stride = stride, .pad = 1});
  y = b.Relu(y, Name(block, "relu_1"));
  y = ConvNorm(b, y, block, 3, {.channels = width * kExpansion}, kResidualGain);
  y = b.Add("Add", Name(block, "add"), {y, Shortcut(b, x, block, width * kExpansion, stride)});
  return b.Relu(y, Name(block, "relu_2"));
}

}  // namespace

void BuildResNet(Builder& b, const std::array<int, 4>& blocks, bool bottleneck) {
  ValueId x = b.Input("input", DType::kF32, {1, 3, 224, 224});
  x = b.Conv(x, "conv1", {.channels = 64, .kernel = 7, .stride = 2, .pad = 3});
  x = b.Relu(b.BatchNorm(x, "bn1"), "relu");
  x = b.MaxPool(x, "maxpool", 3, 2, 1);
  int64_t width = 64;
  for (size_t stage = 0; stage < blocks.size(); ++stage, width *= 2) {
    for (int i = 0; i < blocks[stage]; ++i) {
      const std::string block = Str("layer", stage + 1, ".", i);
      const int64_t stride = stage > 0 && i == 0 ? 2 : 1;
      x = (bottleneck ? Bottleneck : Basic)(b, x, block, width, stride);
    }
  }
  x = b.Add("GlobalAveragePool", "avgpool", {x});
  x = b.Add("Flatten", "flatten", {x});
  b.Output(b.Linear(x, "fc", 1000), "output");
}

}  // namespace hasten::zoo
