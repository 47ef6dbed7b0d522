// Transposes a matrix of elements of any size.
#pragma once
#include <cstddef>
#include <cstdint>

namespace hasten::cpu {

// to[j * to_step + i] = from[i * from_step + j] for i < rows and j < columns, elements of 1, 2, 4, 8 or 16 bytes.  The
// two do not overlap.
void TransposeBlock(int64_t size, const std::byte* from, int64_t from_step, int64_t rows, int64_t columns,
                    std::byte* to, int64_t to_step);

}  // namespace hasten::cpu
