// What becomes of 32-bit sums: 8 bits again, floats, or what they are.
#pragma once
#include "ops/kernel.h"

namespace hasten::cpu {

// y[j] = saturate(round((c[j] + bias[j]) * scale[j] / y_scale) + y_zero) as the references compute it, in double and
// half to even: bit for bit.  The vectors multiply in f32 and fall back to double where that is too near a tie, or far
// beyond what the type holds.
struct Requantize {  // all per column
  const double* bias = nullptr;
  const double* scale = nullptr;
  const float* multiplier = nullptr;  // scale / y_scale
  const int32_t* whole = nullptr;     // the integer next to the bias, within 2^30
  const float* rest = nullptr;        // what is left of it, times the multiplier
  double y_scale = 1;
  int32_t y_zero = 0;
  DType dtype = DType::kU8;
};
// Rows of sums, `step` apart, of columns [column, column + columns).  Whole vectors of kTailPadding numbers are read
// from the sums and from the tables.
inline constexpr int64_t kTailPadding = 16;
struct SumRows {
  const int32_t* sums = nullptr;
  int64_t step = 0, rows = 0, column = 0, columns = 0;
};
// `y`: of row 0, column `column`; its rows are y_step apart.
void RequantizeRows(const Requantize& q, const SumRows& c, std::byte* y, int64_t y_step);

// y[j] = c[j] * scale[j] + bias[j], rounded after each step as the nodes it stands for round.
struct ToFloats {
  const float* scale = nullptr;
  const float* bias = nullptr;  // null: none
};
void ToFloatsRows(const ToFloats& t, const SumRows& c, float* y, int64_t y_step);

// The element that the vectors leave to double.
void RequantizeOne(const Requantize& q, int32_t c, int64_t column, std::byte* y);

// saturate(round(v) + zero), half to even.
void StoreQuantized(double v, int32_t zero, DType t, std::byte* y);

}  // namespace hasten::cpu
