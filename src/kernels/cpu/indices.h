// Indices as operands, and runs of bytes that they choose.
#pragma once
#include <cstring>

#include "kernels/tactic.h"
#include "ops/movement.h"

namespace hasten::cpu {

inline bool IsIndex(DType dtype) { return dtype == DType::kI32 || dtype == DType::kI64; }

// Of i32 or i64, read where they lie.
class IndexReader {
 public:
  explicit IndexReader(const Tensor& t) : data_(t.data), wide_(t.dtype == DType::kI64) {}
  // Index i, of an axis of `dim` entries; negative ones count from the end.
  Result<int64_t> At(int64_t i, int64_t dim) const {
    const int64_t v = Raw(i);
    if (static_cast<uint64_t>(v) < static_cast<uint64_t>(dim)) return v;
    return NormalizeIndex(v, dim);
  }

 private:
  int64_t Raw(int64_t i) const {
    if (wide_) return reinterpret_cast<const int64_t*>(data_)[i];
    return reinterpret_cast<const int32_t*>(data_)[i];
  }
  const std::byte* data_;
  bool wide_;
};

// memcpy that does not call for single elements.
inline void CopyBytes(const std::byte* from, std::byte* to, int64_t n) {
  switch (n) {
    case 1: *to = *from; return;
    case 2: std::memcpy(to, from, 2); return;
    case 4: std::memcpy(to, from, 4); return;
    case 8: std::memcpy(to, from, 8); return;
    case 16: std::memcpy(to, from, 16); return;
    default: std::memcpy(to, from, static_cast<size_t>(n));
  }
}

}  // namespace hasten::cpu
