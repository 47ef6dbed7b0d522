// Runs of elements to and from 8-bit integers by one scale and zero point.
#pragma once
#include "ops/kernel.h"

namespace hasten::cpu {

// y = saturate(round(x / scale) + zero), half to even; NaN becomes the least integer.  t: u8 or i8.
void QuantizeRun(const float* x, int64_t n, float scale, int32_t zero, DType t, std::byte* y);
// y = (x - zero) * scale.
void DequantizeRun(const std::byte* x, DType t, int64_t n, float scale, int32_t zero, float* y);

// y = saturate(round(f(a, b)) + zero) of two operands or, where a_step or b_step is 0, of one of their elements.
struct QuantizedPair {
  bool product = false;  // else: sum
  double a_scale = 1, b_scale = 1, y_scale = 1;
  int32_t a_zero = 0, b_zero = 0, y_zero = 0;
  DType dtype = DType::kU8;  // of all three
};
void CombineRun(const QuantizedPair& q, const std::byte* a, int64_t a_step, const std::byte* b, int64_t b_step,
                int64_t n, std::byte* y);
// The element that the vectors leave to double.
void CombineOne(const QuantizedPair& q, const std::byte* a, const std::byte* b, std::byte* y);

}  // namespace hasten::cpu
