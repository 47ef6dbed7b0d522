// Columns of weights of a few bits, in blocks that have a scale and a zero point each.
#pragma once
#include <cstdint>

namespace hasten::cpu {

// Numbers of `bits` (2, 4 or 8) bits, from the low bits of each byte up: n rounded up to whole bytes of them.
void UnpackBits(const uint8_t* packed, int64_t bits, int64_t n, uint8_t* numbers);
// y[i] = (numbers[i] - zeros[i / block]) * scales[i / block]
void ScaleBlocks(const uint8_t* numbers, int64_t n, int64_t block, const float* scales, const float* zeros, float* y);
// Sum of a[i] * b[i].
float DotRow(const float* a, const float* b, int64_t n);

}  // namespace hasten::cpu
