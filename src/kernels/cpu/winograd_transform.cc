#include "kernels/cpu/winograd_transform.h"

#include <algorithm>

#include "kernels/cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/winograd_transform.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/vector_math.inc"

HWY_BEFORE_NAMESPACE();
namespace hasten::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;

// One row of B^T d: six inputs to six outputs.
HWY_INLINE void InputRow(const V* in, int64_t in_step, V* out, int64_t out_step) {
  const D d;
  const V two = hn::Set(d, 2.0f), four = hn::Set(d, 4.0f), five = hn::Set(d, 5.0f);
  const V a = in[0], b = in[in_step], c = in[2 * in_step], e = in[3 * in_step], f = in[4 * in_step],
          g = in[5 * in_step];
  const V fc = hn::Sub(f, hn::Mul(four, c)), eb = hn::Sub(e, hn::Mul(four, b));
  const V fd = hn::Sub(f, c), be = hn::Mul(two, hn::Sub(e, b));
  out[0] = hn::Add(hn::NegMulAdd(five, c, hn::Mul(four, a)), f);
  out[out_step] = hn::Add(fc, eb);
  out[2 * out_step] = hn::Sub(fc, eb);
  out[3 * out_step] = hn::Add(fd, be);
  out[4 * out_step] = hn::Sub(fd, be);
  out[5 * out_step] = hn::Add(hn::NegMulAdd(five, e, hn::Mul(four, b)), g);
}

// One row of A^T m: six inputs to four outputs.
HWY_INLINE void OutputRow(const V* in, int64_t in_step, V* out, int64_t out_step) {
  const D d;
  const V two = hn::Set(d, 2.0f), four = hn::Set(d, 4.0f), eight = hn::Set(d, 8.0f);
  const V p = hn::Add(in[in_step], in[2 * in_step]), q = hn::Sub(in[in_step], in[2 * in_step]);
  const V r = hn::Add(in[3 * in_step], in[4 * in_step]), s = hn::Sub(in[3 * in_step], in[4 * in_step]);
  out[0] = hn::Add(in[0], hn::Add(p, r));
  out[out_step] = hn::MulAdd(two, s, q);
  out[2 * out_step] = hn::MulAdd(four, r, p);
  out[3 * out_step] = hn::Add(hn::MulAdd(eight, s, q), in[5 * in_step]);
}

void Input(const WinogradInput& t) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t c = 0; c < t.channels; c += lanes) {
    V in[36], half[36];
    for (int i = 0; i < 6; ++i)
      for (int j = 0; j < 6; ++j) {
        const bool inside = i >= t.first_row && i < t.last_row && j >= t.first_column && j < t.last_column;
        in[i * 6 + j] = inside ? LoadPart(d, t.x + (i * t.width + j) * t.step + c, t.channels - c) : hn::Zero(d);
      }
    for (int j = 0; j < 6; ++j) InputRow(in + j, 6, half + j, 6);
    for (int i = 0; i < 6; ++i) InputRow(half + i * 6, 1, in + i * 6, 1);
    for (int p = 0; p < 36; ++p) hn::StoreU(in[p], d, t.to + p * t.point_step + c);
  }
}

void Output(const WinogradOutput& t) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const V low = hn::Set(d, t.tail->low), high = hn::Set(d, t.tail->high);
  for (int64_t c = 0; c < t.filters; c += lanes) {
    const int64_t left = t.filters - c;
    V in[36], half[24], out[16];
    for (int p = 0; p < 36; ++p) in[p] = hn::LoadU(d, t.m + p * t.point_step + c);
    for (int j = 0; j < 6; ++j) OutputRow(in + j, 6, half + j, 6);
    for (int i = 0; i < 4; ++i) OutputRow(half + i * 6, 1, out + i * 4, 1);
    const V bias = t.tail->bias ? LoadPart(d, t.tail->bias + c, left) : hn::Zero(d);
    for (int i = 0; i < t.rows; ++i)
      for (int j = 0; j < t.columns; ++j) {
        const int64_t at = (i * t.width + j) * t.step + c;
        V v = hn::Add(out[i * 4 + j], bias);
        if (t.residual) v = hn::Add(v, LoadPart(d, t.residual + at, left));
        StorePart(d, Between(v, low, high), t.y + at, left);
      }
  }
}

}  // namespace hasten::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hasten::cpu {
namespace {
HWY_EXPORT(Input);
HWY_EXPORT(Output);
}  // namespace

void TransformInput(const WinogradInput& call) { HWY_DYNAMIC_DISPATCH(Input)(call); }
void TransformOutput(const WinogradOutput& call) { HWY_DYNAMIC_DISPATCH(Output)(call); }

namespace {

constexpr int64_t kBlock = 8;  // filters side by side

// One side of the product: three rows to six, each of `kBlock` filters.
template <class Out>
void FilterRows(const double (*in)[kBlock], int in_step, Out out) {
  constexpr double kG[6][3] = {{1.0 / 4, 0, 0},
                               {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                               {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                               {1.0 / 24, 1.0 / 12, 1.0 / 6},
                               {1.0 / 24, -1.0 / 12, 1.0 / 6},
                               {0, 0, 1}};
  for (int i = 0; i < 6; ++i)
    for (int64_t m = 0; m < kBlock; ++m)
      out(i, m, kG[i][0] * in[0][m] + kG[i][1] * in[in_step][m] + kG[i][2] * in[2 * in_step][m]);
}

}  // namespace

void TransformFilters(const float* g, int64_t step, int64_t filters, float* to, int64_t point_step) {
  for (int64_t first = 0; first < filters; first += kBlock) {
    const int64_t n = std::min(kBlock, filters - first);
    double in[9][kBlock] = {}, half[18][kBlock], points[36][kBlock];
    for (int64_t m = 0; m < n; ++m)
      for (int t = 0; t < 9; ++t) in[t][m] = static_cast<double>(g[(first + m) * step + t]);
    for (int l = 0; l < 3; ++l) FilterRows(in + l, 3, [&](int i, int64_t m, double v) { half[i * 3 + l][m] = v; });
    for (int i = 0; i < 6; ++i)
      FilterRows(half + i * 3, 1, [&](int j, int64_t m, double v) { points[i * 6 + j][m] = v; });
    for (int p = 0; p < kWinogradPoints; ++p)
      for (int64_t m = 0; m < n; ++m) to[p * point_step + first + m] = static_cast<float>(points[p][m]);
  }
}

}  // namespace hasten::cpu
#endif
