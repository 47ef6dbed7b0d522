// Resize: its attributes, and how files of older opsets write it.
#pragma once
#include "ops/resampling.h"

namespace hasten {

struct ResizeAttrs {
  std::string mode = "nearest", coordinate_transformation_mode = "half_pixel", nearest_mode = "round_prefer_floor";
  std::string keep_aspect_ratio_policy = "stretch";
  std::optional<std::vector<int64_t>> axes;
  float cubic_coeff_a = -0.75F, extrapolation_value = 0;
  bool antialias = false, exclude_outside = false;
};

// The axes that scales, sizes and roi speak of.
Result<Dims> ResizedAxes(const ResizeAttrs& a, int rank);

// What the operands say of every axis, for output dims `out`.
using ResizeAxes = std::array<ResampledAxis, Dims::kMaxRank>;
Result<ResizeAxes> ResizeAxesOf(const KernelCall& c, const ResizeAttrs& a, const Dims& out);
Resampling ResamplingOf(const ResizeAttrs& a);  // views a's strings

// Version steps; see kVersions of resize.cc.
Status ResizeUpFrom10(OnnxNode& n);
Status ResizeDownTo10(OnnxNode& n);
Status ResizeDownTo11(OnnxNode& n);
Status ResizeDownTo13(OnnxNode& n);
Status ResizeDownTo18(OnnxNode& n);

std::vector<Sample> ResizeSamples();

}  // namespace hasten
