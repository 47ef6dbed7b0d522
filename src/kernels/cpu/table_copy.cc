#include "kernels/cpu/table_copy.h"

#include "kernels/cpu/indices.h"

namespace hasten::cpu {
namespace {

void Fill(const std::byte* value, int64_t size, int64_t bytes, std::byte* to) {
  if (size == 1) {
    std::memset(to, static_cast<int>(value[0]), static_cast<size_t>(bytes));
    return;
  }
  for (int64_t at = 0; at < bytes; at += size) CopyBytes(value, to + at, size);
}

template <int kSize>
void Pick(const int64_t* table, int64_t n, const std::byte* x, const std::byte* fill, std::byte* y) {
  for (int64_t i = 0; i < n; ++i)
    std::memcpy(y + i * kSize, table[i] == TableCopy::kOutside ? fill : x + table[i] * kSize, kSize);
}

}  // namespace

TableCopy::TableCopy(int64_t size, const Dims& from, const Dims& to, std::span<const int64_t* const> tables)
    : size_(size), element_(size), from_(from), to_(to) {
  for (int i = 0; i < to.rank(); ++i) {
    tables_[static_cast<size_t>(i)] = tables[static_cast<size_t>(i)];
    if (tables[static_cast<size_t>(i)]) rank_ = i + 1;
  }
  rank_ = std::max(rank_, 1);
  if (to.empty()) from_ = to_ = Dims{1};
  element_ *= to_.Product(rank_, to_.rank());
  rows_ = to_.elements() == 0 ? 0 : to_.Product(0, rank_ - 1);
  const auto inner = static_cast<size_t>(rank_ - 1);
  row_bytes_ = to_[inner] * element_;
  const int64_t* table = tables_[inner];
  int64_t breaks = 0;
  for (int64_t i = 1; table && i < to_[inner]; ++i)
    breaks += table[i] != (table[i - 1] == kOutside ? kOutside : table[i - 1] + 1);
  runs_ = breaks * 4 <= to_[inner];
}

void TableCopy::Row(const std::byte* x, const std::byte* fill, std::byte* y) const {
  const int64_t n = to_[static_cast<size_t>(rank_ - 1)];
  const int64_t* table = tables_[static_cast<size_t>(rank_ - 1)];
  if (!table) {
    std::memcpy(y, x, static_cast<size_t>(row_bytes_));
    return;
  }
  if (!runs_ && size_ == element_) {
    switch (size_) {
      case 1: return Pick<1>(table, n, x, fill, y);
      case 2: return Pick<2>(table, n, x, fill, y);
      case 4: return Pick<4>(table, n, x, fill, y);
      case 8: return Pick<8>(table, n, x, fill, y);
      default: return Pick<16>(table, n, x, fill, y);
    }
  }
  for (int64_t i = 0, run; i < n; i += run) {
    const bool outside = table[i] == kOutside;
    for (run = 1; i + run < n && table[i + run] == (outside ? kOutside : table[i] + run);) ++run;
    if (outside)
      Fill(fill, size_, run * element_, y + i * element_);
    else
      CopyBytes(x + table[i] * element_, y + i * element_, run * element_);
  }
}

void TableCopy::Run(int64_t first, int64_t last, const std::byte* x, const std::byte* fill, std::byte* y) const {
  const int64_t x_row = from_[static_cast<size_t>(rank_ - 1)] * element_;
  int64_t previous = -2;
  for (int64_t row = first; row < last; ++row) {
    int64_t at[Dims::kMaxRank], rest = row;
    for (int i = rank_ - 2; i >= 0; --i) {
      const auto a = static_cast<size_t>(i);
      at[i] = rest % to_[a];
      rest /= to_[a];
      if (tables_[a]) at[i] = tables_[a][at[i]];
    }
    int64_t source = 0;
    for (int i = 0; i < rank_ - 1 && source != kOutside; ++i)
      source = at[i] == kOutside ? kOutside : source * from_[static_cast<size_t>(i)] + at[i];
    std::byte* to = y + row * row_bytes_;
    if (source == previous)
      std::memcpy(to, to - row_bytes_, static_cast<size_t>(row_bytes_));
    else if (source == kOutside)
      Fill(fill, size_, row_bytes_, to);
    else
      Row(x + source * x_row, fill, to);
    previous = source;
  }
}

}  // namespace hasten::cpu
