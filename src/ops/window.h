// Sliding windows: the geometry that convolutions and pools share.
#pragma once
#include "ops/op.h"

namespace hasten {

// What Conv, ConvTranspose and the pools have in common.  An empty list stands for its default: ones, for pads zeros,
// for a convolution's kernel_shape the weight's.
struct WindowAttrs {
  std::string auto_pad = "NOTSET";  // or VALID, SAME_UPPER, SAME_LOWER; then pads are not looked at
  std::vector<int64_t> kernel_shape, strides, dilations;
  std::vector<int64_t> pads;  // begin of every axis, then end of every axis
};

// SAME_UPPER or SAME_LOWER; pads are looked at.  (Neither: VALID.)
bool HasSamePadding(const WindowAttrs& a);
bool HasExplicitPadding(const WindowAttrs& a);
// Entry i of a list that may be left out.
inline int64_t EntryOr(const std::vector<int64_t>& v, int i, int64_t fallback) {
  return v.empty() ? fallback : v[static_cast<size_t>(i)];
}

// One spatial axis: output o reads inputs o * stride - pad_begin + k * dilation for k in [0, kernel), where they exist.
struct WindowAxis {
  int64_t in = 1, out = 1, kernel = 1, stride = 1, dilation = 1, pad_begin = 0, pad_end = 0;
};

struct Window {
  std::array<WindowAxis, Dims::kMaxRank> axes;
  int rank = 0;
  std::span<const WindowAxis> span() const { return {axes.data(), static_cast<size_t>(rank)}; }
};

// Outputs [out, out + count) of one row read inputs in, in + step, ... at kernel position `kernel`; all are row-major
// over the spatial axes.
struct WindowRun {
  int64_t out, in, count, step, kernel;
};

// `v` is left out or has `count` entries in [least, 2^31), which keeps products of two within int64.
Status CheckEntries(std::string_view name, const std::vector<int64_t>& v, int count, int64_t least);
// Counts and ranges of the attributes for `rank` spatial axes.
Status CheckWindow(const WindowAttrs& a, int rank);
// Output dims of the spatial axes; CheckWindow has passed.
Result<std::vector<Dim>> WindowOutputs(const WindowAttrs& a, bool ceil_mode, std::span<const Dim> in,
                                       std::span<const Dim> kernel);
// The window at run time, for the spatial dims of input, kernel and output that inference gave.
Window MakeWindow(const WindowAttrs& a, std::span<const int64_t> in, std::span<const int64_t> kernel,
                  std::span<const int64_t> out);
// All runs that touch the input, ordered by output row, then by kernel position: padding is what no run covers.  In
// the call's scratch.
Result<std::span<const WindowRun>> WindowRuns(const KernelCall& c, const Window& w);

}  // namespace hasten
