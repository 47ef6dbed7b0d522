#include "kernels/cpu/dynamic_scale.h"

#include "kernels/cpu/quantize_row.h"
#include "kernels/cpu/row_kernels.h"

namespace hasten::cpu {
namespace {

// NaN takes no part.
DynamicRange RangeOf(const float* x, int64_t n) {
  DynamicRange r{static_cast<float>(FoldRow(Fold::kMin, x, n)), static_cast<float>(FoldRow(Fold::kMax, x, n))};
  if (!std::isnan(r.low) && !std::isnan(r.high)) return {std::min(0.0f, r.low), std::max(0.0f, r.high)};
  r = {};
  for (int64_t i = 0; i < n; ++i) {
    r.low = std::min(r.low, x[i]);
    r.high = std::max(r.high, x[i]);
  }
  return r;
}

}  // namespace

void DynamicScaling::FindRange(const float* x, int64_t chunk, DynamicRange* ranges) const {
  const int64_t first = chunk * kChunk;
  ranges[chunk] = RangeOf(x + first, std::min(kChunk, elements - first));
}

DynamicRange DynamicScaling::Whole(const DynamicRange* ranges) const {
  DynamicRange all;
  for (int64_t i = 0; i < chunks(); ++i) {
    all.low = std::min(all.low, ranges[i].low);
    all.high = std::max(all.high, ranges[i].high);
  }
  return all;
}

bool DynamicScaling::Scale(const DynamicRange* ranges, float* scale, int32_t* zero) const {
  constexpr float kMax = 255;
  const DynamicRange all = Whole(ranges);
  const float range = all.high - all.low;
  *scale = (range == 0 ? 1.0f : range) / kMax;
  if (!std::isfinite(range) || *scale == 0) return false;
  *zero = static_cast<int32_t>(std::nearbyint(std::clamp(-all.low / *scale, 0.0f, kMax)));
  return true;
}

void DynamicScaling::Quantize(const float* x, int64_t chunk, float scale, int32_t zero, std::byte* y) const {
  const int64_t first = chunk * kChunk;
  QuantizeRun(x + first, std::min(kChunk, elements - first), scale, zero, DType::kU8, y + first);
}

}  // namespace hasten::cpu
