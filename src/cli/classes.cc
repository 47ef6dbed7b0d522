#include "cli/classes.h"

#include "base/mapped_file.h"

namespace hasten::cli {
namespace {

// Rows are items of the batch; the rest are classes.
int64_t RowsOf(const Dims& dims) { return dims.rank() >= 2 ? dims[0] : 1; }

bool IsDistribution(std::span<const double> row) {
  double sum = 0;
  for (double v : row) {
    if (!(v >= 0 && v <= 1)) return false;
    sum += v;
  }
  constexpr double kSlack = 1e-2;  // sums of half-precision and quantised probabilities
  return std::abs(sum - 1) <= kSlack;
}

void Softmax(std::span<double> row) {
  const double most = *std::max_element(row.begin(), row.end());
  double sum = 0;
  for (double& v : row) sum += v = std::exp(v - most);
  for (double& v : row) v /= sum;
}

}  // namespace

Result<std::vector<std::string>> ReadLabels(const std::string& path) {
  HASTEN_ASSIGN(const std::string text, ReadFile(path));
  std::vector<std::string> labels;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    labels.push_back(std::move(line));
    at = end + 1;
  }
  while (!labels.empty() && labels.back().empty()) labels.pop_back();
  if (labels.empty()) return Status(Code::kInvalidArgument, Str(path, ": must have a name a line, is empty"));
  return labels;
}

bool ScoresClasses(const Value& output) {
  if (!output.is_tensor() || output.tensor().dims.empty()) return false;
  const Tensor& t = output.tensor();
  const bool real = LaneOf(t.dtype) != Lane::kString && LaneOf(t.dtype) != Lane::kComplex && t.dtype != DType::kBool;
  const int axis = t.dims.rank() >= 2 ? 1 : 0;
  return real && RowsOf(t.dims) > 0 && t.dims[axis] >= 2 && t.dims.Product(axis + 1, t.dims.rank()) == 1;
}

Ranking RankClasses(const Tensor& output, int64_t top, bool may_softmax) {
  const std::vector<double> all = ToDoubles(output);
  const int64_t rows = RowsOf(output.dims), classes = output.elements() / rows;
  Ranking ranking;
  std::vector<std::vector<double>> scores;
  for (int64_t r = 0; r < rows; ++r) {
    scores.emplace_back(all.begin() + r * classes, all.begin() + (r + 1) * classes);
    if (may_softmax && !IsDistribution(scores.back())) ranking.softmax = true;
  }
  for (std::vector<double>& row : scores) {
    if (ranking.softmax) Softmax(row);
    std::vector<ClassScore> order;
    for (int64_t c = 0; c < classes; ++c) order.push_back({c, row[static_cast<size_t>(c)]});
    const auto middle = order.begin() + std::min(top, classes);
    std::partial_sort(order.begin(), middle, order.end(), [](const ClassScore& a, const ClassScore& b) {
      if (std::isnan(a.score) != std::isnan(b.score)) return std::isnan(b.score);
      return a.score != b.score && !std::isnan(a.score) ? a.score > b.score : a.index < b.index;
    });
    ranking.rows.emplace_back(order.begin(), middle);
  }
  return ranking;
}

}  // namespace hasten::cli
