#include "kernels/cpu/depthwise_row.h"

#include <algorithm>
#include <array>
#include <utility>

#include "kernels/cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/depthwise_row.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/vector_math.inc"

HWY_BEFORE_NAMESPACE();
namespace hasten::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Few channels are computed in short vectors.
template <size_t kLanes>
using Tag = hn::CappedTag<float, kLanes>;
template <size_t kLanes>
using V = hn::Vec<Tag<kLanes>>;
constexpr size_t kWidest = 16, kShortest = 4;
constexpr int kTile = 8;  // outputs that share the weights they load

// The taps of one output row that lie inside the image.
struct Taps {
  int64_t rows, columns;          // count
  const float* weights;           // of the first
  const float* x;                 // under the first, for output column 0
  int64_t row_step, column_step;  // floats between taps in x
  int64_t weight_row_step;        // and in the weights, from row to row
  int64_t output_step;            // from output to output, in x
};

// kTaps columns of the window, outputs kStride columns apart; 0: as `t` says.
template <size_t kLanes, int kOutputs, int kTaps, int kStride>
HWY_INLINE void Accumulate(const DepthwiseRow& r, const Taps& t, int64_t c, V<kLanes> (&acc)[kOutputs]) {
  const Tag<kLanes> d;
  for (int64_t i = 0; i < t.rows; ++i) {
    const float* HWY_RESTRICT x = t.x + i * t.row_step + c;
    const float* HWY_RESTRICT w = t.weights + i * t.weight_row_step + c;
    if constexpr (kTaps > 0) {
      V<kLanes> wv[kTaps];
      HASTEN_UNROLL
      for (int k = 0; k < kTaps; ++k) wv[k] = hn::LoadU(d, w + k * r.weight_step);
      HASTEN_UNROLL
      for (int column = 0; column < (kOutputs - 1) * kStride + kTaps; ++column) {
        const V<kLanes> xv = hn::LoadU(d, x + column * t.column_step);
        HASTEN_UNROLL
        for (int o = 0; o < kOutputs; ++o) {
          const int k = column - o * kStride;
          if (k >= 0 && k < kTaps) acc[o] = hn::MulAdd(xv, wv[k], acc[o]);
        }
      }
    } else {
      for (int64_t k = 0; k < t.columns; ++k, x += t.column_step, w += r.weight_step) {
        const V<kLanes> wv = hn::LoadU(d, w);
        HASTEN_UNROLL
        for (int o = 0; o < kOutputs; ++o) acc[o] = hn::MulAdd(hn::LoadU(d, x + o * t.output_step), wv, acc[o]);
      }
    }
  }
}

// Outputs [first, first + kOutputs), all channels.  The last vector overlaps the one before.
template <size_t kLanes, int kOutputs, int kTaps, int kStride>
void Tile(const DepthwiseRow& r, Taps t, int64_t first) {
  const Tag<kLanes> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const V<kLanes> low = hn::Set(d, r.low), high = hn::Set(d, r.high);
  t.x += first * t.output_step;
  for (int64_t at = 0; at < r.channels; at += lanes) {
    const int64_t c = std::min(at, r.channels - lanes);
    V<kLanes> acc[kOutputs];
    const V<kLanes> bias = r.bias ? hn::LoadU(d, r.bias + c) : hn::Zero(d);
    HASTEN_UNROLL
    for (int o = 0; o < kOutputs; ++o) acc[o] = bias;
    Accumulate<kLanes, kOutputs, kTaps, kStride>(r, t, c, acc);
    const int64_t y = first * r.channels + c;
    HASTEN_UNROLL
    for (int o = 0; o < kOutputs; ++o) {
      if (r.residual) acc[o] = hn::Add(acc[o], hn::LoadU(d, r.residual + y + o * r.channels));
      hn::StoreU(Between(acc[o], low, high), d, r.y + y + o * r.channels);
    }
  }
}

using TileFn = void (*)(const DepthwiseRow&, Taps, int64_t);
using Tiles = std::array<TileFn, kTile>;  // by outputs - 1
template <size_t kLanes, int kTaps, int kStride, int... kOutputs>
constexpr Tiles TilesOf(std::integer_sequence<int, kOutputs...>) {
  return {Tile<kLanes, kOutputs + 1, kTaps, kStride>...};
}

struct Kernels {
  Tiles three1, three2, any;  // windows three wide, with a stride of 1 and 2
};
template <size_t kLanes>
const Kernels& KernelsOf() {
  using Sizes = std::make_integer_sequence<int, kTile>;
  static constexpr Kernels kernels{TilesOf<kLanes, 3, 1>(Sizes()), TilesOf<kLanes, 3, 2>(Sizes()),
                                   TilesOf<kLanes, 0, 0>(Sizes())};
  return kernels;
}
// Null: fewer channels than the shortest vectors have lanes.
const Kernels* KernelsFor(int64_t channels) {
  const auto fills = [&](auto d) { return channels >= static_cast<int64_t>(hn::Lanes(d)); };
  if (fills(Tag<kWidest>())) return &KernelsOf<kWidest>();
  if (fills(Tag<8>())) return &KernelsOf<8>();
  return fills(Tag<kShortest>()) ? &KernelsOf<kShortest>() : nullptr;
}

void Narrow(const DepthwiseRow& r, const Taps& t, int64_t o) {
  for (int64_t c = 0; c < r.channels; ++c) {
    float sum = r.bias ? r.bias[c] : 0;
    for (int64_t i = 0; i < t.rows; ++i)
      for (int64_t k = 0; k < t.columns; ++k)
        sum += t.x[o * t.output_step + i * t.row_step + k * t.column_step + c] *
               t.weights[i * t.weight_row_step + k * r.weight_step + c];
    const int64_t y = o * r.channels + c;
    if (r.residual) sum += r.residual[y];
    sum = sum < r.low ? r.low : sum;
    r.y[y] = sum > r.high ? r.high : sum;
  }
}

void Row(const DepthwiseRow& r, int64_t oh) {
  const WindowAxis &h = r.height, &w = r.width;
  // Taps k with 0 <= origin + k * dilation < in.
  const auto first_tap = [](const WindowAxis& a, int64_t origin) {
    return origin >= 0 ? 0 : std::min(a.kernel, (-origin + a.dilation - 1) / a.dilation);
  };
  const auto end_tap = [](const WindowAxis& a, int64_t origin) {
    return origin >= a.in ? 0 : std::min(a.kernel, (a.in - 1 - origin) / a.dilation + 1);
  };
  const int64_t top = oh * h.stride - h.pad_begin;
  const int64_t row = first_tap(h, top), rows = std::max<int64_t>(0, end_tap(h, top) - row);
  Taps whole{rows,
             w.kernel,
             r.weights + row * w.kernel * r.weight_step,
             r.x + ((top + row * h.dilation) * w.in - w.pad_begin) * r.channels,
             h.dilation * w.in * r.channels,
             w.dilation * r.channels,
             w.kernel * r.weight_step,
             w.stride * r.channels};
  const Kernels* kernels = KernelsFor(r.channels);
  const bool three = w.kernel == 3 && w.dilation == 1;
  const auto tiles = three && w.stride == 1   ? &Kernels::three1
                     : three && w.stride == 2 ? &Kernels::three2
                                              : &Kernels::any;
  for (int64_t o = 0; o < w.out;) {
    const int64_t left = o * w.stride - w.pad_begin;
    const int64_t k = first_tap(w, left), end = end_tap(w, left);
    if (!kernels || k > 0 || end < w.kernel) {  // at the border
      Taps part = whole;
      part.columns = std::max<int64_t>(0, end - k);
      part.weights += k * r.weight_step;
      part.x += k * part.column_step;
      kernels ? kernels->any[0](r, part, o) : Narrow(r, part, o);
      ++o;
      continue;
    }
    // Outputs whose taps all lie inside.
    const int64_t inside = (w.in - 1 - (w.kernel - 1) * w.dilation + w.pad_begin) / w.stride + 1;
    int64_t n = std::min(inside, w.out) - o;
    for (; n > 0;) {
      const int64_t size = n <= kTile ? n : n < 2 * kTile ? (n + 1) / 2 : kTile;
      (kernels->*tiles)[static_cast<size_t>(size - 1)](r, whole, o);
      o += size;
      n -= size;
    }
  }
}

}  // namespace hasten::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hasten::cpu {
namespace {

HWY_EXPORT(Row);

}  // namespace

void ComputeDepthwiseRow(const DepthwiseRow& r, int64_t oh) { HWY_DYNAMIC_DISPATCH(Row)(r, oh); }

}  // namespace hasten::cpu
#endif
