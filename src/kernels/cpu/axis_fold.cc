#include "kernels/cpu/axis_fold.h"

#include <cmath>

namespace hasten::cpu {
namespace {

constexpr int64_t kRowsInSum = 256;  // added up before they join the rest: keeps the error of long sums small

int64_t OffsetOf(std::span<const AxisFold::Axis> axes, int64_t index) {
  int64_t offset = 0;
  for (size_t i = axes.size(); i-- > 0;) {
    offset += index % axes[i].size * axes[i].stride;
    index /= axes[i].size;
  }
  return offset;
}

std::span<const AxisFold::Axis> Gone(const AxisFold& f) {
  return std::span(f.gone).first(static_cast<size_t>(f.gone_rank));
}

int64_t CountOf(std::span<const AxisFold::Axis> axes) {
  int64_t n = 1;
  for (const auto& a : axes) n *= a.size;
  return n;
}

double Finish(const AxisFold& f, double total, double top) {
  switch (f.finish) {
    case FoldFinish::kNone: return total;
    case FoldFinish::kMean: return total / static_cast<double>(f.folded);
    case FoldFinish::kRoot: return std::sqrt(total);
    case FoldFinish::kLog: return std::log(total);
    case FoldFinish::kLogSumExp: return top + std::log(total);
  }
  return total;
}

// One output from rows of its innermost axis.
double FoldRows(const AxisFold& f, Fold fold, const float* x, float shift) {
  double total = FoldStart(fold);
  const int64_t rows = CountOf(Gone(f));
  for (int64_t r = 0; r < rows; ++r)
    total = Combine(fold, total, FoldRow(fold, x + OffsetOf(Gone(f), r), f.inner, shift));
  return total;
}

// n columns of all rows.
void FoldBlock(const AxisFold& f, Fold fold, const float* x, int64_t n, const float* shift, double* total) {
  float part[AxisFold::kColumns];
  const auto start = static_cast<float>(FoldStart(fold));
  std::fill(total, total + n, FoldStart(fold));
  const int64_t rows = CountOf(Gone(f));
  if (fold == Fold::kSum) {
    for (int64_t r = 0; r < rows; ++r) AddColumns(x + OffsetOf(Gone(f), r), n, total);
    return;
  }
  for (int64_t first = 0; first < rows; first += kRowsInSum) {
    std::fill(part, part + n, start);
    const int64_t last = std::min(rows, first + kRowsInSum);
    for (int64_t r = first; r < last; ++r) FoldColumns(fold, x + OffsetOf(Gone(f), r), n, shift, part);
    for (int64_t i = 0; i < n; ++i) total[i] = Combine(fold, total[i], static_cast<double>(part[i]));
  }
}

// What is subtracted before exp; 0 for infinite ones, as the sum is then infinite or 0 anyhow.
float TopOf(double v) { return std::isinf(v) ? 0 : static_cast<float>(v); }

void RunRows(const AxisFold& f, const float* x, float* y) {
  const bool log_sum = f.finish == FoldFinish::kLogSumExp;
  const float top = log_sum ? TopOf(FoldRows(f, Fold::kMax, x, 0)) : 0;
  *y = static_cast<float>(Finish(f, FoldRows(f, f.fold, x, top), static_cast<double>(top)));
}

void RunBlock(const AxisFold& f, const float* x, int64_t n, float* y) {
  double total[AxisFold::kColumns];
  float top[AxisFold::kColumns] = {};
  const bool log_sum = f.finish == FoldFinish::kLogSumExp;
  if (log_sum) {
    FoldBlock(f, Fold::kMax, x, n, nullptr, total);
    for (int64_t i = 0; i < n; ++i) top[i] = TopOf(total[i]);
  }
  FoldBlock(f, f.fold, x, n, log_sum ? top : nullptr, total);
  for (int64_t i = 0; i < n; ++i) y[i] = static_cast<float>(Finish(f, total[i], static_cast<double>(top[i])));
}

}  // namespace

AxisFold MakeAxisFold(std::span<const int64_t> dims, uint32_t gone, Fold fold, FoldFinish finish) {
  AxisFold f;
  f.fold = fold;
  f.finish = finish;
  // Joined axes from the innermost out, those of one element left out.
  std::vector<std::pair<AxisFold::Axis, bool>> axes;
  int64_t stride = 1;
  for (size_t i = dims.size(); i-- > 0;) {
    const bool goes = (gone >> i & 1) != 0;
    (goes ? f.folded : f.outputs) *= dims[i];
    if (dims[i] != 1) {
      if (!axes.empty() && axes.back().second == goes) {
        axes.back().first.size *= dims[i];
      } else {
        axes.push_back({{dims[i], stride}, goes});
      }
    }
    stride *= dims[i];
  }
  if (!axes.empty()) {
    f.inner = axes[0].first.size;
    f.columns = !axes[0].second;
    axes.erase(axes.begin());
  }
  for (auto it = axes.rbegin(); it != axes.rend(); ++it) {
    if (it->second) {
      f.gone[static_cast<size_t>(f.gone_rank++)] = it->first;
    } else {
      f.kept[static_cast<size_t>(f.kept_rank++)] = it->first;
    }
  }
  if (f.columns) f.blocks = (f.inner + AxisFold::kColumns - 1) / AxisFold::kColumns;
  const int64_t block = f.columns ? std::min(f.inner, AxisFold::kColumns) : 1;
  f.units = f.outputs == 0 ? 0 : f.outputs / (f.columns ? f.inner : 1) * f.blocks;
  f.units_per_chunk = std::max<int64_t>(1, 16384 / std::max<int64_t>(1, block * f.folded));
  return f;
}

void RunAxisFold(const AxisFold& f, int64_t chunk, const float* x, float* y) {
  const int64_t first = chunk * f.units_per_chunk, last = std::min(f.units, first + f.units_per_chunk);
  const auto kept = std::span(f.kept).first(static_cast<size_t>(f.kept_rank));
  for (int64_t u = first; u < last; ++u) {
    const float* from = x + OffsetOf(kept, u / f.blocks);
    if (f.columns) {
      const int64_t begin = u % f.blocks * AxisFold::kColumns;
      RunBlock(f, from + begin, std::min(AxisFold::kColumns, f.inner - begin), y + u / f.blocks * f.inner + begin);
    } else {
      RunRows(f, from, y + u);
    }
  }
}

}  // namespace hasten::cpu
