#include "kernels/cpu/gemm_pack.h"

namespace hasten::cpu {

Panels Panels::Of(int64_t columns, const TileKernels& kernels) {
  Panels p;
  p.columns = columns;
  p.lanes = kernels.lanes;
  const int64_t vectors = (columns + p.lanes - 1) / p.lanes;
  p.count = (vectors + kernels.vectors - 1) / kernels.vectors;
  if (p.count == 0) return p;
  p.narrow = vectors / p.count;
  p.wide = vectors % p.count;
  return p;
}

void PackPanels(const Panels& panels, const PackSource& src, int64_t k, int64_t first, int64_t last, float* to) {
  for (int64_t p = first; p < last; ++p) {
    const int64_t width = panels.vectors(p) * panels.lanes, valid = panels.valid(p), start = panels.start(p);
    float* out = to + start * k;
    for (int64_t i = 0; i < k; ++i, out += width) {
      const float* in =
          src.data + (src.row.empty() ? i * src.row_step : src.row[static_cast<size_t>(i)]) + start * src.column_step;
      if (src.column_step == 1) {
        std::copy(in, in + valid, out);
      } else {
        for (int64_t j = 0; j < valid; ++j) out[j] = in[j * src.column_step];
      }
      std::fill(out + valid, out + width, 0.0f);
    }
  }
}

}  // namespace hasten::cpu
