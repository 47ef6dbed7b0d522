// Copies whose source is told per axis by a table: padding, sampling at nearest entries.
#pragma once
#include "kernels/cpu/strided_copy.h"

namespace hasten::cpu {

// Axes are in the order of memory.  y[i0, i1, ...] = x[table0[i0], table1[i1], ...], or `fill` where an entry is
// kOutside.
class TableCopy {
 public:
  static constexpr int64_t kOutside = -1;
  // `size`: bytes of an element.  Leading and trailing axes whose table is the identity need none: null.
  TableCopy(int64_t size, const Dims& from, const Dims& to, std::span<const int64_t* const> tables);
  int64_t rows() const { return rows_; }
  // Rows [first, last) of all axes but the innermost with a table.
  void Run(int64_t first, int64_t last, const std::byte* x, const std::byte* fill, std::byte* y) const;

 private:
  void Row(const std::byte* x, const std::byte* fill, std::byte* y) const;

  int rank_ = 0;  // axes up to the innermost with a table
  int64_t size_, element_, rows_ = 0, row_bytes_ = 0;
  Dims from_, to_;
  std::array<const int64_t*, Dims::kMaxRank> tables_ = {};
  bool runs_ = false;  // the innermost table goes on by one most of the time
};

}  // namespace hasten::cpu
