#include "zoo/resnet.h"
#include "zoo/zoo.h"

namespace hasten::zoo {

extern const Topology kResnet18 = {
    .name = "resnet18",
    .doc = "ResNet-18 on a 224x224 picture, as torchvision has it",
    .build =
        [](Builder& b) {
          BuildResNet(b, {2, 2, 2, 2}, false);
        },
};

}  // namespace hasten::zoo
