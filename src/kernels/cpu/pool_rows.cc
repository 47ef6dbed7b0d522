#include "kernels/cpu/pool_rows.h"

#include "kernels/cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/pool_rows.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hasten::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

struct Sum {
  template <class T>
  static T One(T a, T b) {
    return a + b;
  }
  template <class V>
  static V Many(V a, V b) {
    return hn::Add(a, b);
  }
};
// Of floats only where no NaN is among them.
struct Max {
  template <class T>
  static T One(T a, T b) {
    return b > a || b != b ? b : a;
  }
  template <class V>
  static V Many(V a, V b) {
    return hn::Max(b, a);
  }
};

template <class Op, class T>
T CombineOne(const void* const* rows, int64_t count, int64_t i) {
  const auto row = [rows](int64_t r) { return static_cast<const T*>(rows[r]); };
  T v = row(0)[i];
  for (int64_t r = 1; r < count; ++r)
    if (v == v) v = Op::One(v, row(r)[i]);
  return v;
}

// Elements [i, i + kVectors vectors).
template <class Op, int kVectors, class D, class T = hn::TFromD<D>>
HWY_INLINE void CombineSome(D d, const void* const* rows, int64_t count, int64_t i, T* HWY_RESTRICT y) {
  constexpr bool kNan = std::is_same_v<Op, Max> && std::is_same_v<T, float>;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto load = [&](int64_t r, int k) { return hn::LoadU(d, static_cast<const T*>(rows[r]) + i + k * lanes); };
  hn::Vec<D> v[kVectors], odd[kVectors];  // odd: stays NaN once it is
  HASTEN_UNROLL
  for (int k = 0; k < kVectors; ++k) v[k] = odd[k] = load(0, k);
  for (int64_t r = 1; r < count; ++r) HASTEN_UNROLL
  for (int k = 0; k < kVectors; ++k) {
    const auto x = load(r, k);
    v[k] = Op::Many(v[k], x);
    if constexpr (kNan) odd[k] = hn::Add(odd[k], x);
  }
  if constexpr (kNan) {
    // Infinities of both signs add up to NaN as well: those few are done again.
    auto any = hn::IsNaN(odd[0]);
    HASTEN_UNROLL
    for (int k = 1; k < kVectors; ++k) any = hn::Or(any, hn::IsNaN(odd[k]));
    if (HWY_UNLIKELY(!hn::AllFalse(d, any))) {
      for (int64_t k = i; k < i + kVectors * lanes; ++k) y[k] = CombineOne<Op, T>(rows, count, k);
      return;
    }
  }
  HASTEN_UNROLL
  for (int k = 0; k < kVectors; ++k) hn::StoreU(v[k], d, y + i + k * lanes);
}

// The last vector overlaps the one before; where there is none before, vectors are short.  `out` is no row.
template <class Op, class T>
void Combine(const void* const* rows, int64_t count, int64_t n, void* out) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 16 / sizeof(T)> short_d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d)), short_lanes = static_cast<int64_t>(hn::Lanes(short_d));
  T* y = static_cast<T*>(out);
  int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) CombineSome<Op, 2>(d, rows, count, i, y);
  for (; n >= lanes && i < n; i += lanes) CombineSome<Op, 1>(d, rows, count, std::min(i, n - lanes), y);
  for (; i + short_lanes <= n; i += short_lanes) CombineSome<Op, 1>(short_d, rows, count, i, y);
  for (; i < n; ++i) y[i] = CombineOne<Op, T>(rows, count, i);
}

void MaxF32(const void* const* rows, int64_t count, int64_t n, void* out) { Combine<Max, float>(rows, count, n, out); }
void MaxU8(const void* const* rows, int64_t count, int64_t n, void* out) { Combine<Max, uint8_t>(rows, count, n, out); }
void MaxI8(const void* const* rows, int64_t count, int64_t n, void* out) { Combine<Max, int8_t>(rows, count, n, out); }
void SumF32(const void* const* rows, int64_t count, int64_t n, void* out) { Combine<Sum, float>(rows, count, n, out); }

// Every second element, from both phases: to[0][i] = from[2i], to[1][i] = from[2i + 1].
void Halve(const float* from, int64_t n, float* even, float* odd) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::Vec<decltype(d)> a, b;
    hn::LoadInterleaved2(d, from + 2 * i, a, b);
    hn::StoreU(a, d, even + i);
    hn::StoreU(b, d, odd + i);
  }
  for (; i < n; ++i) even[i] = from[2 * i], odd[i] = from[2 * i + 1];
}

}  // namespace hasten::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hasten::cpu {
namespace {

HWY_EXPORT(MaxF32);
HWY_EXPORT(MaxU8);
HWY_EXPORT(MaxI8);
HWY_EXPORT(SumF32);
HWY_EXPORT(Halve);

constexpr int64_t kSmallPixel = 32;  // bytes: below, a row is taken apart by phases of the stride

template <class T>
void FillWith(T v, int64_t n, void* out) {
  std::fill_n(static_cast<T*>(out), n, v);
}

// Elements of a row under `count` outputs, rounded up to whole strides.
int64_t Reach(const WindowAxis& w, int64_t count) {
  const int64_t pixels = (count - 1) * w.stride + (w.kernel - 1) * w.dilation + 1;
  return (pixels + w.stride - 1) / w.stride * w.stride;
}

bool Phased(const BoundPool& b, int64_t size) { return b.axes[2].stride > 1 && b.pixel * size < kSmallPixel; }

// `from` [pixels][size] by phase: to[phase][pixels / stride].
void TakePhases(int64_t pixels, int64_t stride, int64_t bytes, const std::byte* from, std::byte* to) {
  const int64_t each = pixels / stride;
  if (stride == 2 && bytes == 4) {
    const auto* x = reinterpret_cast<const float*>(from);
    auto* y = reinterpret_cast<float*>(to);
    HWY_DYNAMIC_DISPATCH(Halve)(x, each, y, y + each);
    return;
  }
  for (int64_t phase = 0; phase < stride; ++phase)
    for (int64_t i = 0; i < each; ++i)
      std::memcpy(to + (phase * each + i) * bytes, from + (i * stride + phase) * bytes, static_cast<size_t>(bytes));
}

}  // namespace

PoolRowOps MaxRowsF32() {
  return {4, HWY_DYNAMIC_DISPATCH(MaxF32),
          [](int64_t n, void* out) { FillWith(-std::numeric_limits<float>::infinity(), n, out); }};
}
PoolRowOps MaxRowsU8() {
  return {1, HWY_DYNAMIC_DISPATCH(MaxU8), [](int64_t n, void* out) { FillWith(uint8_t{0}, n, out); }};
}
PoolRowOps MaxRowsI8() {
  return {1, HWY_DYNAMIC_DISPATCH(MaxI8), [](int64_t n, void* out) { FillWith(int8_t{-128}, n, out); }};
}
PoolRowOps SumRowsF32() {
  return {4, HWY_DYNAMIC_DISPATCH(SumF32), [](int64_t n, void* out) { FillWith(0.0f, n, out); }};
}

BoundPool BindPool(const BoundShapes& s, const PoolAttrs& a, int64_t size) {
  const Dims x = *s.in[0].shape.Concrete(), y = *s.out[0].shape.Concrete();
  const Window window = MakeWindow(a, x.span().subspan(2), a.kernel_shape, y.span().subspan(2));
  BoundPool b;
  for (int i = 0; i < window.rank; ++i)
    b.axes[static_cast<size_t>(3 - window.rank + i)] = window.axes[static_cast<size_t>(i)];
  const bool last = s.layout == Layout::kChannelsLast;
  b.images = last ? x[0] : x[0] * x[1];
  b.pixel = last ? x[1] : 1;
  const WindowAxis& w = b.axes[2];
  const int64_t pixels = std::max<int64_t>(16, 16384 / std::max<int64_t>(1, b.pixel * size));
  b.segment = std::clamp<int64_t>((pixels - (w.kernel - 1) * w.dilation) / w.stride, 8, std::max<int64_t>(w.out, 8));
  if (y.elements() == 0) return b;
  b.rows = b.images * b.axes[0].out * b.axes[1].out;
  const int64_t work = w.out * b.pixel * size * (b.window_rows() + w.kernel);
  b.rows_per_chunk = std::clamp<int64_t>(131072 / std::max<int64_t>(1, work), 1, b.rows);
  return b;
}

int64_t PoolChunks(const BoundPool& b) { return (b.rows + b.rows_per_chunk - 1) / b.rows_per_chunk; }
int64_t PoolScratch(const BoundPool& b) { return 2 * Reach(b.axes[2], b.segment) * b.pixel; }
int64_t PoolLines(const BoundPool& b) { return std::max(b.window_rows(), b.axes[2].kernel); }

namespace {

// The rows of the input that lie under an output row.
int64_t FindLines(const BoundPool& b, int64_t row, int64_t bytes, const std::byte* x, const void** lines) {
  const WindowAxis &d = b.axes[0], &h = b.axes[1];
  const int64_t oh = row % h.out, od = row / h.out % d.out, image = row / h.out / d.out;
  int64_t count = 0;
  for (int64_t kd = 0; kd < d.kernel; ++kd) {
    const int64_t id = od * d.stride - d.pad_begin + kd * d.dilation;
    if (id < 0 || id >= d.in) continue;
    for (int64_t kh = 0; kh < h.kernel; ++kh) {
      const int64_t ih = oh * h.stride - h.pad_begin + kh * h.dilation;
      if (ih >= 0 && ih < h.in) lines[count++] = x + ((image * d.in + id) * h.in + ih) * b.axes[2].in * bytes;
    }
  }
  return count;
}

// Combines shifts of `line` into outputs [0, count).
void Across(const BoundPool& b, const PoolRowOps& ops, int64_t count, std::byte* line, std::byte* y,
            const void** shifts) {
  const WindowAxis& w = b.axes[2];
  const int64_t bytes = b.pixel * ops.size;
  if (w.stride == 1 || Phased(b, ops.size)) {
    const int64_t pixels = Reach(w, count), each = pixels / w.stride;
    if (w.stride > 1) {
      std::byte* phases = line + Reach(w, b.segment) * bytes;
      TakePhases(pixels, w.stride, bytes, line, phases);
      line = phases;
    }
    for (int64_t k = 0; k < w.kernel; ++k) {
      const int64_t at = k * w.dilation;
      shifts[k] = line + (at % w.stride * each + at / w.stride) * bytes;
    }
    ops.combine(shifts, w.kernel, count * b.pixel, y);
    return;
  }
  for (int64_t o = 0; o < count; ++o) {
    for (int64_t k = 0; k < w.kernel; ++k) shifts[k] = line + (o * w.stride + k * w.dilation) * bytes;
    ops.combine(shifts, w.kernel, b.pixel, y + o * bytes);
  }
}

}  // namespace

void PoolRow(const BoundPool& b, const PoolRowOps& ops, int64_t row, const std::byte* x, std::byte* y,
             std::byte* scratch, const void** lines) {
  const WindowAxis& w = b.axes[2];
  const int64_t bytes = b.pixel * ops.size;
  y += row * w.out * bytes;
  for (int64_t first = 0; first < w.out; first += b.segment) {
    const int64_t count = std::min(b.segment, w.out - first);
    const int64_t low = first * w.stride - w.pad_begin, pixels = Reach(w, count);
    const int64_t begin = std::clamp<int64_t>(low, 0, w.in), end = std::clamp<int64_t>(low + pixels, begin, w.in);
    const int64_t found = begin < end ? FindLines(b, row, bytes, x, lines) : 0;
    if (found == 0) {
      ops.neutral(pixels * b.pixel, scratch);
    } else {
      for (int64_t i = 0; i < found; ++i) lines[i] = static_cast<const std::byte*>(lines[i]) + begin * bytes;
      ops.neutral((begin - low) * b.pixel, scratch);
      ops.combine(lines, found, (end - begin) * b.pixel, scratch + (begin - low) * bytes);
      ops.neutral((low + pixels - end) * b.pixel, scratch + (end - low) * bytes);
    }
    Across(b, ops, count, scratch, y + first * bytes, lines);
  }
}

}  // namespace hasten::cpu
#endif
