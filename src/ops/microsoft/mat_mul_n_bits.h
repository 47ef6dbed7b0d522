// com.microsoft.MatMulNBits, as its kernels see it.
#pragma once
#include "ops/op.h"

namespace hasten::ops::microsoft {

struct MatMulNBitsAttrs {
  enum Input : int { kA, kB, kScales, kZeros, kGroups, kBias };
  int64_t k = 0, n = 0, bits = 4, block_size = 0, accuracy_level = 0, weight_prepacked = 0;

  int64_t blocks() const { return (k + block_size - 1) / block_size; }
  int64_t column_bytes() const { return blocks() * (block_size * bits / 8); }
  int64_t packed_zeros() const { return (blocks() * bits + 7) / 8; }  // bytes of a column
};

}  // namespace hasten::ops::microsoft
