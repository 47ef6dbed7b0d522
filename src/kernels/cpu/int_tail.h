// What becomes of 32-bit sums: 8 bits again, floats, or what they are.
#pragma once
#include "ops/kernel.h"

namespace hasten::cpu {

// y[j] = saturate(round((c[j] + bias[j]) * scale[j] / y_scale) + y_zero) as the references compute it, in double and
// half to even: bit for bit.  The vectors multiply in f32 and fall back to double where that is too near a tie.
struct Requantize {  // all per column
  const double* bias = nullptr;
  const double* scale = nullptr;
  const float* multiplier = nullptr;  // scale / y_scale
  const int32_t* whole = nullptr;     // the integer next to the bias
  const float* rest = nullptr;        // what is left of it, times the multiplier
  double y_scale = 1;
  int32_t y_zero = 0;
  DType dtype = DType::kU8;
};
// Columns [column, column + n) of a row.
void RequantizeRow(const Requantize& q, const int32_t* c, int64_t column, int64_t n, std::byte* y);

// y[j] = c[j] * scale[j] + bias[j].
struct ToFloats {
  const float* scale = nullptr;
  const float* bias = nullptr;  // null: none
};
void ToFloatsRow(const ToFloats& t, const int32_t* c, int64_t column, int64_t n, float* y);

// The element that the vectors leave to double.
void RequantizeOne(const Requantize& q, int32_t c, int64_t column, std::byte* y);

}  // namespace hasten::cpu
