// Outputs of detectors as rows of numbers.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "cli/formats/npz.h"

namespace hasten::cli {

// [items, rows, columns] as doubles.
struct Rows {
  int64_t items = 1, rows = 0, columns = 1;
  std::vector<double> data;
  double at(int64_t item, int64_t row, int64_t column) const {
    return data[static_cast<size_t>((item * rows + row) * columns + column)];
  }
};

inline bool IsNumeric(const Tensor& t) { return IsFloat(t.dtype) || IsInteger(t.dtype); }

// Of a tensor [rows, columns] or [items, rows, columns]; `columns_first`: [items, columns, rows].
std::optional<Rows> RowsOf(const Tensor& t, bool columns_first = false);
// Of a tensor [rows] or [items, rows].
std::optional<Rows> ColumnOf(const Tensor& t);

double Sigmoid(double v);
// True if each of a column range is in [0, 1], give or take rounding.
bool AreProbabilities(const Rows& rows, int64_t first, int64_t end);

}  // namespace hasten::cli
