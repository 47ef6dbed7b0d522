// The header of a .npy file: a Python dict literal after a magic number.
#pragma once
#include <string>
#include <string_view>

#include "tensor/tensor.h"

namespace hasten::cli {

struct NpyHeader {
  char byte_order = '<';   // '<', '>', '|'
  char kind = 0;           // 'f', 'i', 'u', 'b', 'c', 'S', 'U', 'V'
  int64_t item_bytes = 0;  // of an element
  bool fortran = false;
  Dims dims;
  size_t data_at = 0;  // where the elements begin in the file
};

Result<NpyHeader> ReadNpyHeader(std::string_view file);
// `descr` is NumPy's: "<f4".
std::string WriteNpyHeader(std::string_view descr, const Dims& dims);

}  // namespace hasten::cli
