// Sampling a tensor at other places along its axes: what Resize and Upsample share.
#pragma once
#include "ops/movement.h"

namespace hasten {

// How places of the output map to places of the input, and how what lies between elements is made up.
struct Resampling {
  std::string_view mode = "nearest";                 // nearest, linear, cubic
  std::string_view transform = "half_pixel";         // coordinate_transformation_mode
  std::string_view rounding = "round_prefer_floor";  // nearest_mode
  double cubic_a = -0.75;
  bool antialias = false, exclude_outside = false;
  double extrapolation = 0;
};

// One axis.  `width` is the output's length before it became an integer: in * scale.
struct ResampledAxis {
  int64_t in = 1, out = 1;
  double scale = 1, width = 1;
  double roi_start = 0, roi_end = 1;
  bool identity = true;
};

// Place in the input of entry i of the output; nullopt: outside of what tf_crop_and_resize samples.
std::optional<double> SourcePlace(const Resampling& r, const ResampledAxis& axis, int64_t i);
// The entry of the input that mode nearest takes for a place.
int64_t NearestEntry(const Resampling& r, const ResampledAxis& axis, double place);

// The entries an output entry is made of: output i is the sum of weights[i*n + t] * input[entries[i*n + t]]; where
// outside[i] is set it is the extrapolation value.
struct Taps {
  int64_t n = 0;
  std::span<int64_t> entries;
  std::span<double> weights;
  std::span<bool> outside;
};
// Modes linear and cubic; in the call's scratch.
Result<Taps> TapsOf(const KernelCall& c, const Resampling& r, const ResampledAxis& axis);

// y = input 0 resampled, `axes` one for each axis.  Interpolated integers are rounded to nearest even and saturate.
Status Resample(const KernelCall& c, const Resampling& r, std::span<const ResampledAxis> axes, Tensor* y);

// The length of an axis of `in` entries scaled by an f32 factor, in f32 as everybody computes it.
Result<Dim> ScaledLength(const Dim& in, double scale);

// Between the forms of Upsample: scales are attributes of their own, one attribute, an input.
Status UpsampleUpFrom1(OnnxNode& n);
Status UpsampleDownTo1(OnnxNode& n);
Status UpsampleUpFrom7(OnnxNode& n);
Status UpsampleDownTo7(OnnxNode& n);
// Between Upsample of opset 9 and Resize of opset 10.
Status UpsampleToResize(OnnxNode& n);
Status ResizeToUpsample(OnnxNode& n);

}  // namespace hasten
