#include "kernels/cpu/int_tile.h"

#include "kernels/cpu/gemm_block.h"
#include "kernels/cpu/simd.h"
#include "kernels/tactic.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/int_tile.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hasten::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<int32_t, 16>;
using V = hn::Vec<D>;
constexpr bool kWide = HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM_A64;
constexpr int kRows = kWide ? 8 : 6, kVectors = kWide ? 3 : 2;

// A lane of 32 bits holds a pair of 16-bit numbers: sum + a.low * b.low + a.high * b.high, exact.
HWY_INLINE V AddPairs(V a, V b, V sum) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_SSE2
  const hn::Repartition<int16_t, D> halves;
  V unused = sum;
  return hn::ReorderWidenMulAccumulate(D(), hn::BitCast(halves, a), hn::BitCast(halves, b), sum, unused);
#else
  const V even = hn::Mul(hn::ShiftRight<16>(hn::ShiftLeft<16>(a)), hn::ShiftRight<16>(hn::ShiftLeft<16>(b)));
  return hn::Add(sum, hn::Add(even, hn::Mul(hn::ShiftRight<16>(a), hn::ShiftRight<16>(b))));
#endif
}

HWY_INLINE V BroadcastPair(const int16_t* p) {
  int32_t pair;
  __builtin_memcpy(&pair, p, sizeof pair);
  return hn::Set(D(), pair);
}

HWY_INLINE V LoadPairs(const int16_t* p) {
#if HWY_TARGET == HWY_SCALAR
  return BroadcastPair(p);
#else
  return hn::BitCast(D(), hn::Load(hn::Repartition<int16_t, D>(), p));
#endif
}

template <int R, int N>
void Tile(const IntTileCall& t) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  V acc[R][N];
  HASTEN_UNROLL
  for (int r = 0; r < R; ++r) HASTEN_UNROLL
  for (int n = 0; n < N; ++n) acc[r][n] = hn::Zero(d);
  const int16_t* HWY_RESTRICT b = t.b;
  const int16_t* const* a = t.a;
  for (int64_t s = 0; s < t.segments; ++s, a += R) {
    const int16_t* row[R];
    HASTEN_UNROLL
    for (int r = 0; r < R; ++r) row[r] = a[r];
    const int64_t pairs = t.pairs;
    for (int64_t k = 0; k < pairs; ++k) {
      V bv[N];
      HASTEN_UNROLL
      for (int n = 0; n < N; ++n) bv[n] = LoadPairs(b + n * 2 * lanes);
      b += N * 2 * lanes;
      HASTEN_UNROLL
      for (int r = 0; r < R; ++r) {
        const V av = BroadcastPair(row[r] + 2 * k);
        HASTEN_UNROLL
        for (int n = 0; n < N; ++n) acc[r][n] = AddPairs(av, bv[n], acc[r][n]);
      }
    }
  }
  HASTEN_UNROLL
  for (int r = 0; r < R; ++r) HASTEN_UNROLL
  for (int n = 0; n < N; ++n) hn::StoreU(acc[r][n], d, t.c + r * t.c_step + n * lanes);
}

template <class T>
void Widen(const void* source, int64_t n, int32_t zero, int16_t* to) {
  const hn::CappedTag<int16_t, 32> d;
  const hn::Rebind<T, decltype(d)> narrow;
  const auto* from = static_cast<const T*>(source);
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto zeros = hn::Set(d, static_cast<int16_t>(zero));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    hn::StoreU(hn::Sub(hn::PromoteTo(d, hn::LoadU(narrow, from + i)), zeros), d, to + i);
  for (; i < n; ++i) to[i] = static_cast<int16_t>(from[i] - zero);
}

template <int R>
void AddRows(IntKernels* k) {
  k->tile[R][1] = Tile<R, 1>;
  k->tile[R][2] = Tile<R, 2>;
  if constexpr (kVectors == 3) k->tile[R][3] = Tile<R, 3>;
}

IntKernels MakeIntKernels() {
  IntKernels k;
  k.shape.name = hwy::TargetName(HWY_TARGET);
  k.shape.lanes = static_cast<int>(hn::Lanes(D()));
  k.shape.rows = kRows;
  k.shape.vectors = kVectors;
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
  k.widen[0] = Widen<uint8_t>;
  k.widen[1] = Widen<int8_t>;
  return k;
}

}  // namespace hasten::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hasten::cpu {
HWY_EXPORT(MakeIntKernels);

const IntKernels& BestIntKernels() {
  static const IntKernels kernels = [] {
    IntKernels k = HWY_DYNAMIC_DISPATCH(MakeIntKernels)();
#if HWY_ARCH_X86
    if (Available(Isa::kAvx512Vnni)) UseVnni(&k);
#endif
    return k;
  }();
  return kernels;
}

void WidenRows(Bytes from, int64_t rows, int64_t length, int32_t zero, int16_t* to) {
  const auto widen = BestIntKernels().widen[from.is_signed];
  if (length % 2 == 0) return widen(from.data, rows * length, zero, to);
  for (int64_t r = 0; r < rows; ++r, to += length + 1) {
    widen(from.data + r * length, length, zero, to);
    to[length] = 0;
  }
}

void PackIntPanels(const Panels& panels, const IntSource& src, int64_t segments, int64_t length, int64_t first,
                   int64_t last, int16_t* to) {
  const int64_t pairs = PairsOf(length);
  const auto zero = [&](int64_t j) {
    return src.zero.empty() ? 0 : src.zero[src.zero.size() == 1 ? 0 : static_cast<size_t>(j)];
  };
  for (int64_t p = first; p < last; ++p) {
    const int64_t width = panels.vectors(p) * panels.lanes, valid = panels.valid(p), start = panels.start(p);
    int16_t* out = to + start * 2 * segments * pairs;
    std::fill(out, out + width * 2 * segments * pairs, int16_t{0});
    for (int64_t s = 0; s < segments; ++s, out += width * 2 * pairs)
      for (int64_t i = 0; i < length; ++i) {
        const int64_t k = s * length + i;
        const int64_t at = src.row.empty() ? k * src.row_step : src.row[static_cast<size_t>(k)];
        int16_t* pair = out + i / 2 * 2 * width + i % 2;
        for (int64_t j = 0; j < valid; ++j)
          pair[2 * j] = static_cast<int16_t>(src.bytes.at(at + (start + j) * src.column_step) - zero(start + j));
      }
  }
}

void MultiplyInts(const IntBlock& block) {
  const IntKernels& kernels = BestIntKernels();
  const RowTiles tiles = RowTiles::Of(block.rows, kernels.shape.rows);
  const int64_t pairs = PairsOf(block.length);
  for (int64_t p = block.first_panel; p < block.last_panel; ++p)
    for (int64_t t = 0; t < tiles.count; ++t) {
      IntTileCall call{.segments = block.segments, .pairs = pairs, .c_step = block.c_step};
      call.a = block.a + block.segments * tiles.start(t);
      call.b = block.b + block.panels.start(p) * 2 * block.segments * pairs;
      call.c = block.c + tiles.start(t) * block.c_step + block.panels.start(p) - block.panels.start(block.first_panel);
      kernels.tile[tiles.size(t)][block.panels.vectors(p)](call);
    }
}

}  // namespace hasten::cpu
#endif
