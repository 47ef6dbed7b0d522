#include "kernels/cpu/depthwise_int_row.h"

#include <algorithm>

#include "kernels/cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/depthwise_int_row.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hasten::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<int32_t, 16>;
using V = hn::Vec<D>;
constexpr int kTile = 4;  // outputs that share the weights they load

// The taps of some outputs that lie inside the image.
struct IntTaps {
  int64_t row, rows, column, columns;
  int64_t top, left;  // of the window in the image
};

// x * w for numbers of 9 bits and sign; the upper half of w counts for nothing.
HWY_INLINE V AddProduct(V x, V w, V sum) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_SSSE3
  const hn::Repartition<int16_t, D> pairs;
  V unused = sum;
  return hn::ReorderWidenMulAccumulate(D(), hn::BitCast(pairs, x), hn::BitCast(pairs, w), sum, unused);
#else
  return hn::Add(sum, hn::Mul(x, hn::ShiftRight<16>(hn::ShiftLeft<16>(w))));
#endif
}

template <class T, int kOutputs>
void Tile(const DepthwiseIntRow& r, const IntTaps& t, int64_t o) {
  const D d;
  const hn::Rebind<T, D> narrow;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto* image = reinterpret_cast<const T*>(r.x.data);
  const V zero = hn::Set(d, r.x_zero);
  const int64_t step = r.width.stride * r.channels;
  for (int64_t at = 0; at < r.channels; at += lanes) {
    const int64_t c = std::min(at, r.channels - lanes);  // the last vector overlaps the one before
    V acc[kOutputs];
    HASTEN_UNROLL
    for (int i = 0; i < kOutputs; ++i) acc[i] = hn::Zero(d);
    for (int64_t kh = t.row; kh < t.row + t.rows; ++kh) {
      const T* line = image + (t.top + kh * r.height.dilation) * r.width.in * r.channels + c;
      const int32_t* w = r.weights + (kh * r.width.kernel + t.column) * r.weight_step + c;
      const T* x = line + (t.left + t.column * r.width.dilation) * r.channels;
      for (int64_t kw = 0; kw < t.columns; ++kw, w += r.weight_step, x += r.width.dilation * r.channels) {
        const V wv = hn::LoadU(d, w);
        HASTEN_UNROLL
        for (int i = 0; i < kOutputs; ++i)
          acc[i] = AddProduct(hn::Sub(hn::PromoteTo(d, hn::LoadU(narrow, x + i * step)), zero), wv, acc[i]);
      }
    }
    HASTEN_UNROLL
    for (int i = 0; i < kOutputs; ++i) hn::StoreU(acc[i], d, r.sums + (o + i) * r.channels + c);
  }
}

// Fewer channels than a vector has lanes.
void Narrow(const DepthwiseIntRow& r, const IntTaps& t, int64_t o) {
  for (int64_t c = 0; c < r.channels; ++c) {
    int32_t sum = 0;
    for (int64_t kh = t.row; kh < t.row + t.rows; ++kh)
      for (int64_t kw = t.column; kw < t.column + t.columns; ++kw) {
        const int64_t ih = t.top + kh * r.height.dilation, iw = t.left + kw * r.width.dilation;
        const int32_t x = r.x.at((ih * r.width.in + iw) * r.channels + c) - r.x_zero;
        sum += x * static_cast<int16_t>(r.weights[(kh * r.width.kernel + kw) * r.weight_step + c]);
      }
    r.sums[o * r.channels + c] = sum;
  }
}

template <class T>
void RowOf(const DepthwiseIntRow& r, int64_t oh) {
  // IntTaps k with 0 <= origin + k * dilation < in.
  const auto first_tap = [](const WindowAxis& a, int64_t origin) {
    return origin >= 0 ? 0 : std::min(a.kernel, (-origin + a.dilation - 1) / a.dilation);
  };
  const auto end_tap = [](const WindowAxis& a, int64_t origin) {
    return origin >= a.in ? 0 : std::min(a.kernel, (a.in - 1 - origin) / a.dilation + 1);
  };
  const WindowAxis &h = r.height, &w = r.width;
  IntTaps t;
  t.top = oh * h.stride - h.pad_begin;
  t.row = first_tap(h, t.top);
  t.rows = std::max<int64_t>(0, end_tap(h, t.top) - t.row);
  const bool narrow = r.channels < static_cast<int64_t>(hn::Lanes(D()));
  const auto whole = [&](int64_t o) {
    return first_tap(w, o * w.stride - w.pad_begin) == 0 && end_tap(w, o * w.stride - w.pad_begin) == w.kernel;
  };
  for (int64_t o = 0; o < w.out;) {
    t.left = o * w.stride - w.pad_begin;
    t.column = first_tap(w, t.left);
    t.columns = std::max<int64_t>(0, end_tap(w, t.left) - t.column);
    if (narrow) {
      Narrow(r, t, o++);
    } else if (o + kTile <= w.out && whole(o) && whole(o + kTile - 1)) {
      Tile<T, kTile>(r, t, o);
      o += kTile;
    } else {
      Tile<T, 1>(r, t, o++);
    }
  }
}

void RowInt(const DepthwiseIntRow& r, int64_t oh) { r.x.is_signed ? RowOf<int8_t>(r, oh) : RowOf<uint8_t>(r, oh); }

}  // namespace hasten::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hasten::cpu {
namespace {

HWY_EXPORT(RowInt);

}  // namespace

void SumDepthwiseRow(const DepthwiseIntRow& r, int64_t oh) { HWY_DYNAMIC_DISPATCH(RowInt)(r, oh); }

}  // namespace hasten::cpu
#endif
