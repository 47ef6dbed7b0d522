#include "kernels/cpu/gemm_pack.h"

#include "kernels/cpu/transpose_block.h"

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

namespace {

// Columns [start, start + valid) of k rows, to rows of `width`.
void CopyRows(const PackSource& src, int64_t start, int64_t valid, int64_t k, float* to, int64_t width) {
  for (int64_t i = 0; i < k; ++i, to += width) {
    const float* in =
        src.data + (src.row.empty() ? i * src.row_step : src.row[static_cast<size_t>(i)]) + start * src.column_step;
    if (src.column_step == 1) {
      std::copy(in, in + valid, to);
    } else {
      for (int64_t j = 0; j < valid; ++j) to[j] = in[j * src.column_step];
    }
  }
}

}  // namespace

void PackPanels(const Panels& panels, const PackSource& src, int64_t k, int64_t first, int64_t last, float* to) {
  for (int64_t p = first; p < last; ++p) {
    const int64_t width = panels.vectors(p) * panels.lanes, valid = panels.valid(p), start = panels.start(p);
    float* out = to + start * k;
    if (src.row.empty() && src.row_step == 1)
      TransposeBlock(sizeof(float), reinterpret_cast<const std::byte*>(src.data + start * src.column_step),
                     src.column_step, valid, k, reinterpret_cast<std::byte*>(out), width);
    else
      CopyRows(src, start, valid, k, out, width);
    for (int64_t i = 0; valid < width && i < k; ++i) std::fill(out + i * width + valid, out + (i + 1) * width, 0.0f);
  }
}

}  // namespace hasten::cpu
