// NumPy's .npy files.
#pragma once
#include <string>

#include "cli/formats/file_bytes.h"
#include "tensor/tensor.h"

namespace hasten::cli {

// Little-endian arrays in C order stay where they are, which the tensor keeps alive; others are rearranged.
// Unicode and byte strings become string tensors.  Types that NumPy lacks come as WriteNpy leaves them, so `wanted`
// (kNone: whatever the file says) decides whether uint16 is u16 or the bits of bf16.
Result<Tensor> ReadNpy(const FileBytes& file, DType wanted = DType::kNone);
Result<Tensor> ReadNpy(const std::string& path, DType wanted = DType::kNone);

// bf16 and the 8-bit floats are written as unsigned integers that hold their bits, elements below a byte as one integer
// each.  Strings are written as Unicode if all are UTF-8, else as bytes.
Result<std::string> EncodeNpy(const Tensor& t);
Status WriteNpy(const std::string& path, const Tensor& t);
// "bf16 is written as uint16, bit by bit"; empty for types that NumPy has.
std::string NpyNote(DType dtype);

}  // namespace hasten::cli
