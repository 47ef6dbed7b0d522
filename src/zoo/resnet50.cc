#include "zoo/resnet.h"
#include "zoo/zoo.h"

namespace hasten::zoo {

extern const Topology kResnet50 = {
    .name = "resnet50",
    .doc = "ResNet-50 (v1.5) on a 224x224 picture, as torchvision has it",
    .build =
        [](Builder& b) {
          BuildResNet(b, {3, 4, 6, 3}, true);
        },
};

}  // namespace hasten::zoo
