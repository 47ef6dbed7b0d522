// PNG files out.
#pragma once
#include <string>

#include "tensor/tensor.h"

namespace hasten::cli {

// `picture`: u8 [height, width, 3], RGB.
Result<std::string> EncodePng(const Tensor& picture);

}  // namespace hasten::cli
