// Where a convolution's taps lie in an input that is channels last.
#pragma once
#include "kernels/cpu/conv_geometry.h"

namespace hasten::cpu {

// Pointers to the taps of output pixels.
class ConvTaps {
 public:
  // A group has `channels` elements of a pixel; `zeros` is what a tap outside the input reads.
  ConvTaps(const ConvGeometry& g, const float* x, int64_t group, int64_t channels, const float* zeros)
      : g_(g), pixel_(g.groups * channels), x_(x + group * channels), zeros_(zeros) {
    for (const WindowAxis& a : g.axes) one_ &= a.kernel == 1 && a.pad_begin == 0 && (a.out - 1) * a.stride < a.in;
  }

  // Whether a pixel has one tap, which is always inside.
  bool one() const { return one_; }
  // That of each pixel from `p` on.  Precondition: one().
  void Points(PixelCursor p, std::span<const float*> out) const {
    const WindowAxis &d = g_.axes[0], &h = g_.axes[1], &w = g_.axes[2];
    for (auto to = out.begin(); to != out.end();) {
      const int64_t line = (p.image * d.in + p.at[0] * d.stride) * h.in + p.at[1] * h.stride;
      const float* from = x_ + (line * w.in + p.at[2] * w.stride) * pixel_;
      const int64_t n = std::min<int64_t>(p.left(), out.end() - to);
      for (int64_t i = 0; i < n; ++i, from += w.stride * pixel_) *to++ = from;
      p.Skip(n);
    }
  }

  // All of one pixel, `step` apart.
  void Point(const PixelCursor& p, int64_t step, const float** out) const {
    const WindowAxis &d = g_.axes[0], &h = g_.axes[1], &w = g_.axes[2];
    const float* image = x_ + p.image * g_.in_pixels() * pixel_;
    int64_t low[3];
    for (size_t i = 0; i < 3; ++i) low[i] = p.at[i] * g_.axes[i].stride - g_.axes[i].pad_begin;
    for (int64_t kd = 0; kd < d.kernel; ++kd) {
      const int64_t id = low[0] + kd * d.dilation;
      for (int64_t kh = 0; kh < h.kernel; ++kh) {
        const int64_t ih = low[1] + kh * h.dilation;
        const bool inside = Inside(id, d.in) && Inside(ih, h.in);
        const float* line = image + (id * h.in + ih) * w.in * pixel_;
        for (int64_t kw = 0; kw < w.kernel; ++kw, out += step) {
          const int64_t iw = low[2] + kw * w.dilation;
          *out = inside && Inside(iw, w.in) ? line + iw * pixel_ : zeros_;
        }
      }
    }
  }

 private:
  static bool Inside(int64_t i, int64_t size) { return static_cast<uint64_t>(i) < static_cast<uint64_t>(size); }
  const ConvGeometry& g_;
  const int64_t pixel_;
  const float *x_, *zeros_;
  bool one_ = true;
};

}  // namespace hasten::cpu
