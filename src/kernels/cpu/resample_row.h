// Weighted sums of rows, and of places along a row.
#pragma once
#include <cstdint>

namespace hasten::cpu {

// y[i] = sum over r < count of weights[r] * rows[r][i], for i < n.
void SumRows(const float* const* rows, const float* weights, int64_t count, int64_t n, float* y);
// y[j, e] = sum over t < taps of weights[j, t] * x[entries[j, t], e], for j < n and e < element.
void SumShifts(const float* x, const int64_t* entries, const float* weights, int64_t taps, int64_t n, int64_t element,
               float* y);

}  // namespace hasten::cpu
