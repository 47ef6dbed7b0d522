#include "kernels/cpu/gemm_tile.h"

#include "kernels/cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/gemm_tile.cc"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/vector_math.inc"

HWY_BEFORE_NAMESPACE();
namespace hasten::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;  // a fixed size also where vectors scale
using V = hn::Vec<D>;
// 32 registers hold 8 x 3 accumulators, 3 vectors of B and a broadcast; 16 hold 6 x 2.
constexpr bool kWide = HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM_A64;
constexpr int kRows = kWide ? 8 : 6, kVectors = kWide ? 3 : 2;
// A step is 24 multiply-adds, or 12: too few to hide what going round the loop takes.
constexpr int kSteps = kWide ? 1 : 4;
// Floats ahead in B: the first tile of a panel reads it from beyond the second cache.  A panel is a cache line wide;
// wide registers leave room to load the next steps meanwhile.
constexpr int kAhead = kWide ? 0 : 1024;

// Of n elements that there are, none where n is not positive; all of them in a tile as wide as its panel.
template <bool kWhole>
HWY_INLINE V LoadColumns(const float* p, int64_t n) {
  if constexpr (kWhole) return hn::LoadU(D(), p);
  return n > 0 ? LoadPart(D(), p, n) : hn::Zero(D());
}
template <bool kWhole>
HWY_INLINE void StoreColumns(V v, float* p, int64_t n) {
  if constexpr (kWhole)
    hn::StoreU(v, D(), p);
  else if (n > 0)
    StorePart(D(), v, p, n);
}

template <bool kWhole, int R, int N>
HWY_INLINE void Begin(const TileCall& t, V (&acc)[R][N]) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(D()));
  const float* const c = t.c;
  const int64_t c_step = t.c_step, columns = t.columns;
  HASTEN_UNROLL
  for (int r = 0; r < R; ++r) HASTEN_UNROLL
  for (int n = 0; n < N; ++n) acc[r][n] = LoadColumns<kWhole>(c + r * c_step + n * lanes, columns - n * lanes);
}

template <bool kWhole, int R, int N>
HWY_INLINE void Finish(const TileCall& t, V (&acc)[R][N]) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  float* const c = t.c;
  const int64_t c_step = t.c_step, columns = t.columns;
  if (!t.tail) {
    HASTEN_UNROLL
    for (int r = 0; r < R; ++r) HASTEN_UNROLL
    for (int n = 0; n < N; ++n) StoreColumns<kWhole>(acc[r][n], c + r * c_step + n * lanes, columns - n * lanes);
    return;
  }
  const TileTail tail = *t.tail;
  const V scale = hn::Set(d, tail.scale), low = hn::Set(d, tail.low), high = hn::Set(d, tail.high);
  HASTEN_UNROLL
  for (int n = 0; n < N; ++n) {
    const int64_t at = n * lanes, left = columns - at;
    const V bias = tail.bias ? LoadColumns<kWhole>(tail.bias + at, left) : hn::Zero(d);
    HASTEN_UNROLL
    for (int r = 0; r < R; ++r) {
      V v = hn::MulAdd(acc[r][n], scale, bias);
      if (tail.residual) v = hn::Add(v, LoadColumns<kWhole>(tail.residual + r * tail.residual_step + at, left));
      StoreColumns<kWhole>(Between(v, low, high), c + r * c_step + at, left);
    }
  }
}

template <int R, int N>
void Tile(const TileCall& t) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const bool whole = t.columns >= N * lanes;
  V acc[R][N];
  if (t.accumulate) {
    whole ? Begin<true>(t, acc) : Begin<false>(t, acc);
  } else {
    HASTEN_UNROLL
    for (int r = 0; r < R; ++r) HASTEN_UNROLL
    for (int n = 0; n < N; ++n) acc[r][n] = hn::Zero(d);
  }
  const float* HWY_RESTRICT b = t.b;
  const float* const* a = t.a;
  for (int64_t s = 0; s < t.segments; ++s, a += R) {
    const float* row[R];
    HASTEN_UNROLL
    for (int r = 0; r < R; ++r) row[r] = a[r] + t.offset;
    const int64_t length = t.length;
    HASTEN_UNROLL_BY(kSteps)
    for (int64_t k = 0; k < length; ++k) {
      V bv[N];
      HASTEN_UNROLL
      for (int n = 0; n < N; ++n) bv[n] = hn::Load(d, b + n * lanes);
      if constexpr (kAhead > 0) hwy::Prefetch(b + kAhead);
      b += N * lanes;
      HASTEN_UNROLL
      for (int r = 0; r < R; ++r) {
        const V av = hn::Set(d, row[r][k]);
        HASTEN_UNROLL
        for (int n = 0; n < N; ++n) acc[r][n] = hn::MulAdd(av, bv[n], acc[r][n]);
      }
    }
  }
  whole ? Finish<true>(t, acc) : Finish<false>(t, acc);
}

// Four panels at once are four streams from memory: what a product of one row waits for.
template <int N>
void Row4(const TileCall& t) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  V acc[4][N];
  HASTEN_UNROLL
  for (int p = 0; p < 4; ++p) HASTEN_UNROLL
  for (int n = 0; n < N; ++n) acc[p][n] = t.accumulate ? hn::LoadU(d, t.c + (p * N + n) * lanes) : hn::Zero(d);
  const float* HWY_RESTRICT b = t.b;
  for (int64_t s = 0; s < t.segments; ++s) {
    const float* HWY_RESTRICT row = t.a[s] + t.offset;
    for (int64_t k = 0; k < t.length; ++k, b += N * lanes) {
      const V av = hn::Set(d, row[k]);
      HASTEN_UNROLL
      for (int p = 0; p < 4; ++p) HASTEN_UNROLL
      for (int n = 0; n < N; ++n) acc[p][n] = hn::MulAdd(av, hn::Load(d, b + p * t.panel_step + n * lanes), acc[p][n]);
    }
  }
  const TileTail plain;
  const TileTail& tail = t.tail ? *t.tail : plain;
  const V scale = hn::Set(d, tail.scale), low = hn::Set(d, tail.low), high = hn::Set(d, tail.high);
  HASTEN_UNROLL
  for (int p = 0; p < 4; ++p) HASTEN_UNROLL
  for (int n = 0; n < N; ++n) {
    const int64_t at = (p * N + n) * lanes;
    V v = acc[p][n];
    if (t.tail) {
      v = hn::MulAdd(v, scale, tail.bias ? hn::LoadU(d, tail.bias + at) : hn::Zero(d));
      if (tail.residual) v = hn::Add(v, hn::LoadU(d, tail.residual + at));
      v = Between(v, low, high);
    }
    hn::StoreU(v, d, t.c + at);
  }
}

template <int R>
void AddRows(TileKernels* k) {
  k->tile[R][1] = Tile<R, 1>;
  k->tile[R][2] = Tile<R, 2>;
  if constexpr (kVectors == 3) k->tile[R][3] = Tile<R, 3>;
}

TileKernels Kernels() {
  TileKernels k;
  k.name = hwy::TargetName(HWY_TARGET);
  k.lanes = static_cast<int>(hn::Lanes(D()));
  k.rows = kRows;
  k.vectors = kVectors;
  AddRows<1>(&k);
  AddRows<2>(&k);
  AddRows<3>(&k);
  AddRows<4>(&k);
  AddRows<5>(&k);
  AddRows<6>(&k);
  if constexpr (kRows == 8) {
    AddRows<7>(&k);
    AddRows<8>(&k);
  }
  k.row4[1] = Row4<1>;
  k.row4[2] = Row4<2>;
  if constexpr (kVectors == 3) k.row4[3] = Row4<3>;
  return k;
}

}  // namespace hasten::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hasten::cpu {
HWY_EXPORT(Kernels);

const TileKernels& BestTileKernels() {
  static const TileKernels kernels = HWY_DYNAMIC_DISPATCH(Kernels)();
  return kernels;
}

}  // namespace hasten::cpu
#endif
