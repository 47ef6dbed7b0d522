#include "zoo/zoo.h"

namespace hasten::zoo {
namespace {

// Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015, table 1, D.
constexpr int64_t kPool = 0;
constexpr int64_t kFeatures[] = {64,    64,  kPool, 128, 128,   kPool, 256, 256, 256,
                                 kPool, 512, 512,   512, kPool, 512,   512, 512, kPool};

void BuildVgg(Builder& b) {
  ValueId x = b.Input("input", DType::kF32, {1, 3, 224, 224});
  int layer = 0;
  for (const int64_t channels : kFeatures) {
    const std::string name = Str("features.", layer);
    if (channels == kPool) {
      x = b.MaxPool(x, name, 2, 2, 0);
      ++layer;
      continue;
    }
    x = b.Conv(x, name, {.channels = channels, .kernel = 3, .pad = 1, .bias = true});
    x = b.Relu(x, Str("features.", layer + 1));
    layer += 2;
  }
  x = b.Add("AveragePool", "avgpool", {x},
            {{"kernel_shape", std::vector<int64_t>{1, 1}}, {"strides", std::vector<int64_t>{1, 1}}});
  x = b.Add("Flatten", "flatten", {x});
  x = b.Relu(b.Linear(x, "classifier.0", 4096), "classifier.1");
  x = b.Relu(b.Linear(x, "classifier.3", 4096), "classifier.4");
  b.Output(b.Linear(x, "classifier.6", 1000), "output");
}

}  // namespace

extern const Topology kVgg16 = {
    .name = "vgg16",
    .doc = "VGG-16 on a 224x224 picture, as torchvision has it",
    .build = BuildVgg,
};

}  // namespace hasten::zoo
