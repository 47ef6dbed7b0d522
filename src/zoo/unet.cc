#include "zoo/zoo.h"

namespace hasten::zoo {
namespace {

// Ronneberger, Fischer and Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation", MICCAI 2015, with
// norms, padding and 32 channels at the top, as in the brain segmentation model of PyTorch Hub.
constexpr int64_t kWidth = 32;
constexpr int kLevels = 4;

ValueId Block(Builder& b, ValueId x, const std::string& name, int64_t channels) {
  for (int i = 1; i <= 2; ++i) {
    x = b.Conv(x, Str(name, "conv", i), {.channels = channels, .kernel = 3, .pad = 1});
    x = b.Relu(b.BatchNorm(x, Str(name, "norm", i)), Str(name, "relu", i));
  }
  return x;
}

void BuildUnet(Builder& b) {
  ValueId x = b.Input("input", DType::kF32, {1, 3, 256, 256});
  std::vector<ValueId> skipped;
  for (int level = 1; level <= kLevels; ++level) {
    skipped.push_back(Block(b, x, Str("encoder", level, ".enc", level), kWidth << (level - 1)));
    x = b.MaxPool(skipped.back(), Str("pool", level), 2, 2, 0);
  }
  x = Block(b, x, "bottleneck.bottleneck", kWidth << kLevels);
  for (int level = kLevels; level >= 1; --level) {
    const int64_t channels = kWidth << (level - 1);
    x = b.ConvTranspose(x, Str("upconv", level), {.channels = channels, .kernel = 2, .stride = 2, .bias = true});
    x = b.Concat({x, skipped[static_cast<size_t>(level) - 1]}, Str("concat", level), 1);
    x = Block(b, x, Str("decoder", level, ".dec", level), channels);
  }
  x = b.Conv(x, "conv", {.channels = 1, .bias = true});
  b.Output(b.Add("Sigmoid", "sigmoid", {x}), "output");
}

}  // namespace

extern const Topology kUnet = {
    .name = "unet",
    .doc = "U-Net of 32 channels on a 256x256 picture: a mask of one class",
    .build = BuildUnet,
};

}  // namespace hasten::zoo
