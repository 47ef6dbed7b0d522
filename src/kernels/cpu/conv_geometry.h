// Shapes of a convolution over activations that lie channels last, for up to three spatial axes.
#pragma once
#include "kernels/cpu/gemm_block.h"
#include "ops/convolution.h"

namespace hasten::cpu {

// Decided when shapes are bound; plain data.  Axes are depth, height, width; missing ones have size 1.
struct ConvGeometry {
  std::array<WindowAxis, 3> axes = {};
  int64_t batch = 1, groups = 1;
  int64_t channels = 1, filters = 1;  // of one group
  int64_t taps() const { return axes[0].kernel * axes[1].kernel * axes[2].kernel; }
  int64_t out_pixels() const { return axes[0].out * axes[1].out * axes[2].out; }
  int64_t in_pixels() const { return axes[0].in * axes[1].in * axes[2].in; }
  int64_t rows() const { return batch * out_pixels(); }
};

// Walks over output pixels in memory order: divisions cost more than a thin pixel's sums.
struct PixelCursor {
  const ConvGeometry& g;
  int64_t image;
  std::array<int64_t, 3> at;
  PixelCursor(const ConvGeometry& geometry, int64_t row) : g(geometry), image(row / geometry.out_pixels()) {
    int64_t rest = row % geometry.out_pixels();
    for (size_t i = 3; i-- > 0; rest /= g.axes[i].out) at[i] = rest % g.axes[i].out;
  }
  int64_t left() const { return g.axes[2].out - at[2]; }  // of the line, this pixel among them
  // Over `n` pixels, at most those left of the line.
  void Skip(int64_t n) {
    at[2] += n - 1;
    Next();
  }
  void Next() {
    for (size_t i = 3; i-- > 0;) {
      if (++at[i] < g.axes[i].out) return;
      at[i] = 0;
    }
    ++image;
  }
};

// f32 operands of rank 3 to 5, weights of known dims, none 0, epilogue as the kernels take it.
bool ConvSupportedWithAnyWeight(const PlanCall& call);
// The same with constant weights.
bool ConvSupported(const PlanCall& call);
// `weight`: logical dims [M, C / group, k...].
ConvGeometry GeometryOf(const ConvAttrs& a, const Dims& x, const Dims& weight, const Dims& y);

// The logical weight's dims, which Bind needs and the packed weight no longer shows.
struct ConvParams {
  int64_t dims[5] = {};
  int64_t rank = 0;
  int64_t constant = 0;
};
Status PrepareConv(const PlanCall& call, std::vector<std::byte>* params);
Dims WeightDims(const void* params);
bool IsConstantWeight(const void* params);
// Of one group: w [filters, channels, taps], rows as below.  `rows` has taps * channels elements.
void PackFilters(const Panels& panels, const float* w, int64_t channels, int64_t taps, std::span<int64_t> rows,
                 float* packed);
// [groups, floats of one packed matrix]: row tap * channels + c, column m.
Status PackConv(const PlanCall& call, int input, Tensor* packed);
Type PackedConvType(const PlanCall& call, int input);

}  // namespace hasten::cpu
