#pragma once
#include <algorithm>

#include "tensor/tensor.h"

namespace hasten {

// Whether the elements do not lie at multiples of their size, as in a mapped file they may.  Kernels require that they
// do.
inline bool Misaligned(const Tensor& t) {
  if (t.dtype == DType::kNone || t.dtype == DType::kString) return false;
  const auto size = static_cast<uintptr_t>(std::clamp<int64_t>(BytesFor(t.dtype, 1), 1, 8));
  return reinterpret_cast<uintptr_t>(t.data) % size != 0;
}

// The tensor itself, or a copy where that one is misaligned.
inline Result<Tensor> Aligned(const Tensor& t) {
  if (Misaligned(t)) return Clone(t);
  return t;
}

}  // namespace hasten
