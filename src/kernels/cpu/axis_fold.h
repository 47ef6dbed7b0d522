// Folds f32 over any axes.
#pragma once
#include "kernels/cpu/row_kernels.h"
#include "kernels/tactic.h"

namespace hasten::cpu {

enum class FoldFinish : uint8_t { kNone, kMean, kRoot, kLog, kLogSumExp };

// Plain data, made when shapes are bound.  Axes are in memory order, neighbours that go or stay together joined.
struct AxisFold {
  static constexpr int64_t kColumns = 512;
  struct Axis {
    int64_t size = 1, stride = 0;
  };
  Fold fold = Fold::kSum;
  FoldFinish finish = FoldFinish::kNone;
  bool columns = false;              // the innermost axis stays: it is folded into, a block of columns at a time
  int kept_rank = 0, gone_rank = 0;  // of the other axes
  std::array<Axis, Dims::kMaxRank> kept = {}, gone = {};
  int64_t inner = 1;                       // elements of the innermost axis
  int64_t blocks = 1;                      // of columns
  int64_t outputs = 1, folded = 1;         // elements of the output, and elements that meet in one
  int64_t units = 0, units_per_chunk = 1;  // a unit: one output, or one block of columns
};

// `gone` has a bit for each axis that is folded.
AxisFold MakeAxisFold(std::span<const int64_t> dims, uint32_t gone, Fold fold, FoldFinish finish);
inline int64_t Chunks(const AxisFold& f) {
  return std::max<int64_t>(1, (f.units + f.units_per_chunk - 1) / f.units_per_chunk);
}
void RunAxisFold(const AxisFold& f, int64_t chunk, const float* x, float* y);

}  // namespace hasten::cpu
