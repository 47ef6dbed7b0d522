// The scale and zero point that the range of a tensor asks for, found in two phases.
#pragma once
#include <cstdint>

#include "kernels/tactic.h"

namespace hasten::cpu {

struct DynamicRange {
  float low = 0, high = 0;
};

struct DynamicScaling {
  static constexpr int64_t kChunk = 32 << 10;
  int64_t elements = 0;

  int64_t chunks() const { return (elements + kChunk - 1) / kChunk; }
  int64_t bytes() const { return chunks() * static_cast<int64_t>(sizeof(DynamicRange)); }  // of the ranges
  // First phase, chunk `chunk`.
  void FindRange(const float* x, int64_t chunk, DynamicRange* ranges) const;
  DynamicRange Whole(const DynamicRange* ranges) const;
  // After it.  False: the range is of no use to f32 arithmetic, and the reference says what becomes of it.
  bool Scale(const DynamicRange* ranges, float* scale, int32_t* zero) const;
  // Second phase.
  void Quantize(const float* x, int64_t chunk, float scale, int32_t zero, std::byte* y) const;
};

}  // namespace hasten::cpu
