#include "cli/vision/rows.h"

#include <cmath>

namespace hasten::cli {

std::optional<Rows> RowsOf(const Tensor& t, bool columns_first) {
  const int rank = t.dims.rank();
  if ((rank != 2 && rank != 3) || !IsNumeric(t)) return std::nullopt;
  Rows out{rank == 3 ? t.dims[0] : 1, t.dims[static_cast<size_t>(rank) - 2], t.dims[static_cast<size_t>(rank) - 1],
           ToDoubles(t)};
  if (!columns_first) return out;
  Rows turned{out.items, out.columns, out.rows, std::vector<double>(out.data.size())};
  double* to = turned.data.data();
  for (int64_t item = 0; item < turned.items; ++item)
    for (int64_t row = 0; row < turned.rows; ++row)
      for (int64_t column = 0; column < turned.columns; ++column) *to++ = out.at(item, column, row);
  return turned;
}

std::optional<Rows> ColumnOf(const Tensor& t) {
  const int rank = t.dims.rank();
  if ((rank != 1 && rank != 2) || !IsNumeric(t)) return std::nullopt;
  return Rows{rank == 2 ? t.dims[0] : 1, t.dims.back(), 1, ToDoubles(t)};
}

double Sigmoid(double v) { return 1 / (1 + std::exp(-v)); }

bool AreProbabilities(const Rows& r, int64_t first, int64_t end) {
  constexpr double kSlack = 1e-3;
  for (int64_t item = 0; item < r.items; ++item)
    for (int64_t row = 0; row < r.rows; ++row)
      for (int64_t column = first; column < end; ++column)
        if (const double v = r.at(item, row, column); v < -kSlack || v > 1 + kSlack) return false;
  return true;
}

}  // namespace hasten::cli
