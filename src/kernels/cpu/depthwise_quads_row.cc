// Columns of the image become quads of taps once, and are used by all outputs whose windows they lie in.
#include "kernels/cpu/depthwise_int_row.h"
#include "kernels/cpu/simd.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define HASTEN_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

namespace hasten::cpu {
namespace {

constexpr int64_t kLanes = 16;

// What the taps of one quad are read from, for one vector of channels.
struct Columns {
  const std::byte* line[4];
  int64_t step[4];  // from column to column; 0: a line of padding
  int64_t columns = 0;
  __mmask16 mask = 0;
  bool is_signed = false;
  uint8_t padding = 0;
};

template <int kLines>
HASTEN_VNNI inline __m512i ColumnOf(const Columns& c, int64_t column) {
  const __m512i flip = _mm512_set1_epi8(static_cast<char>(c.is_signed ? 0x80 : 0));
  __m512i quad = _mm512_set1_epi8(static_cast<char>(c.padding));
  if (static_cast<uint64_t>(column) < static_cast<uint64_t>(c.columns)) {
    HASTEN_UNROLL
    for (int i = 0; i < kLines; ++i) {
      const __m512i tap = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(c.mask, c.line[i] + column * c.step[i]));
      quad = i == 0 ? tap : _mm512_or_si512(quad, _mm512_slli_epi32(tap, static_cast<unsigned>(8 * i)));
    }
  }
  return _mm512_xor_si512(quad, flip);
}

struct Pass {
  Columns columns;
  WindowAxis width;
  const int32_t* weights = nullptr;
  int64_t weight_step = 0;
  const int32_t* from = nullptr;  // what is added to: of output 0, and from output to output
  int64_t from_step = 0;
  int32_t* sums = nullptr;
  int64_t sums_step = 0;
};

// Folds where loops would do: clang turns those that copy vectors into calls that keep them in memory.
template <int kLines, int kStride, int... k>
HASTEN_VNNI inline void SlideOver(const Pass& p, std::integer_sequence<int, k...>) {
  constexpr int kKernel = sizeof...(k);
  const Columns columns = p.columns;
  const int64_t outputs = p.width.out, from_step = p.from_step, sums_step = p.sums_step;
  const int32_t* from = p.from;
  int32_t* sums = p.sums;
  const __m512i w[kKernel] = {_mm512_loadu_si512(p.weights + k * p.weight_step)...};
  int64_t column = -p.width.pad_begin;
  __m512i quad[kKernel + kStride] = {};  // of the columns from there; first, those that the first output keeps
  ((quad[k] = k < kStride ? quad[k] : ColumnOf<kLines>(columns, column + k - kStride)), ...);
  for (int64_t o = 0; o < outputs; ++o, column += kStride, from += from_step, sums += sums_step) {
    __m512i sum = _mm512_maskz_loadu_epi32(columns.mask, from);
    ((quad[k] = k + kStride < kKernel ? quad[k + kStride] : ColumnOf<kLines>(columns, column + k)), ...);
    ((sum = _mm512_dpbusd_epi32(sum, quad[k], w[k])), ...);
    _mm512_mask_storeu_epi32(sums, columns.mask, sum);
  }
}

template <int kLines, int kStride, int kKernel>
HASTEN_VNNI void Slide(const Pass& p) {
  SlideOver<kLines, kStride>(p, std::make_integer_sequence<int, kKernel>());
}

template <int kLines>
HASTEN_VNNI void Each(const Pass& p) {
  for (int64_t o = 0; o < p.width.out; ++o) {
    __m512i sum = _mm512_maskz_loadu_epi32(p.columns.mask, p.from + o * p.from_step);
    for (int64_t k = 0; k < p.width.kernel; ++k) {
      const int64_t column = o * p.width.stride + k * p.width.dilation - p.width.pad_begin;
      const __m512i w = _mm512_loadu_si512(p.weights + k * p.weight_step);
      sum = _mm512_dpbusd_epi32(sum, ColumnOf<kLines>(p.columns, column), w);
    }
    _mm512_mask_storeu_epi32(p.sums + o * p.sums_step, p.columns.mask, sum);
  }
}

template <int kLines>
void Run(const Pass& p) {
  const WindowAxis& w = p.width;
  if (w.dilation != 1 || w.stride > 2 || (w.kernel != 3 && w.kernel != 5)) return Each<kLines>(p);
  if (w.kernel == 3) return w.stride == 1 ? Slide<kLines, 1, 3>(p) : Slide<kLines, 2, 3>(p);
  w.stride == 1 ? Slide<kLines, 1, 5>(p) : Slide<kLines, 2, 5>(p);
}

constexpr void (*kRun[])(const Pass&) = {nullptr, Run<1>, Run<2>, Run<3>, Run<4>};

// Lines [tap, tap + count) of the window of output line `oh`, from channel `channel`.
void SetLines(const DepthwiseQuadsRow& r, int64_t oh, int64_t tap, int64_t count, int64_t channel, Columns* c) {
  for (int64_t i = 0; i < count; ++i) {
    const int64_t h = oh * r.height.stride + (tap + i) * r.height.dilation - r.height.pad_begin;
    const bool inside = h >= 0 && h < r.height.in;
    c->line[i] = (inside ? r.x.data + h * r.width.in * r.channels : r.padding) + channel;
    c->step[i] = inside ? r.channels : 0;
  }
}

}  // namespace

void SumDepthwiseQuads(const DepthwiseQuadsRow& r, int64_t oh, int64_t first, int64_t last) {
  Pass p{.width = r.width, .weight_step = r.weight_step, .sums_step = last - first};
  p.columns.columns = r.width.in;
  p.columns.is_signed = r.x.is_signed;
  p.columns.padding = static_cast<uint8_t>(r.padding[0]);
  for (int64_t channel = first; channel < last; channel += kLanes) {
    p.columns.mask = static_cast<__mmask16>((uint32_t{1} << std::min(kLanes, last - channel)) - 1);
    p.from = r.start + channel;
    p.from_step = 0;
    p.sums = r.sums + channel - first;
    p.weights = r.weights + channel;
    for (int64_t tap = 0; tap < r.height.kernel; tap += 4, p.weights += r.width.kernel * r.weight_step) {
      const int64_t count = std::min<int64_t>(4, r.height.kernel - tap);
      SetLines(r, oh, tap, count, channel, &p.columns);
      kRun[count](p);
      p.from = p.sums;
      p.from_step = p.sums_step;
    }
  }
}

}  // namespace hasten::cpu
#else
namespace hasten::cpu {
void SumDepthwiseQuads(const DepthwiseQuadsRow&, int64_t, int64_t, int64_t) {}
}  // namespace hasten::cpu
#endif
