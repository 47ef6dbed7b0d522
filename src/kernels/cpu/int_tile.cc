#include "kernels/cpu/int_tile.h"

#include <array>

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

// sum + a.low * b.low + a.high * b.high, exact.
HWY_INLINE V AddPairs(V a, V b, V sum) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_SSSE3
  const hn::Repartition<int16_t, D> halves;
  V unused = sum;
  return hn::ReorderWidenMulAccumulate(D(), hn::BitCast(halves, a), hn::BitCast(halves, b), sum, unused);
#else
  const V even = hn::Mul(hn::ShiftRight<16>(hn::ShiftLeft<16>(a)), hn::ShiftRight<16>(hn::ShiftLeft<16>(b)));
  return hn::Add(sum, hn::Add(even, hn::Mul(hn::ShiftRight<16>(a), hn::ShiftRight<16>(b))));
#endif
}

HWY_INLINE V BroadcastLane(const std::byte* p) {
  int32_t lane;
  __builtin_memcpy(&lane, p, sizeof lane);
  return hn::Set(D(), lane);
}

template <int R, int N>
void Tile(const IntTileCall& t) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  V acc[R][N];
  HASTEN_UNROLL
  for (int r = 0; r < R; ++r) HASTEN_UNROLL
  for (int n = 0; n < N; ++n) acc[r][n] = hn::LoadU(d, t.start + n * lanes);
  const int32_t* HWY_RESTRICT b = t.b;
  for (int64_t s = 0; s < t.segments; ++s) {
    const std::byte* row[R];
    HASTEN_UNROLL
    for (int r = 0; r < R; ++r) row[r] = t.a[r] + t.offset[s];
    for (int64_t k = 0; k < t.lanes; ++k, b += N * lanes) {
      V bv[N];
      HASTEN_UNROLL
      for (int n = 0; n < N; ++n) bv[n] = hn::Load(d, b + n * lanes);
      HASTEN_UNROLL
      for (int r = 0; r < R; ++r) {
        const V av = BroadcastLane(row[r] + 4 * k);
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
void Widen(const T* from, int64_t n, int16_t* to) {
  const hn::CappedTag<int16_t, 32> d;
  const hn::Rebind<T, decltype(d)> narrow;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(hn::PromoteTo(d, hn::LoadU(narrow, from + i)), d, to + i);
  for (; i < n; ++i) to[i] = from[i];
}

void WidenAny(Bytes from, int64_t n, int16_t* to) {
  if (from.is_signed) return Widen(reinterpret_cast<const int8_t*>(from.data), n, to);
  Widen(reinterpret_cast<const uint8_t*>(from.data), n, to);
}

template <int R>
void AddRows(IntTiles* k) {
  k->tile[R][1] = Tile<R, 1>;
  k->tile[R][2] = Tile<R, 2>;
  if constexpr (kVectors == 3) k->tile[R][3] = Tile<R, 3>;
}

IntTiles MakePairTiles() {
  IntTiles k;
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
  return k;
}

}  // namespace hasten::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hasten::cpu {
HWY_EXPORT(MakePairTiles);
HWY_EXPORT(WidenAny);

const IntTiles* BestIntTiles(IntFormat format) {
#if HWY_ARCH_X86
  static const bool vnni = Available(Isa::kAvx512Vnni);
  static const IntTiles quads = VnniTiles(IntFormat::kQuads);
  static const IntTiles pairs = vnni ? VnniTiles(IntFormat::kPairs) : HWY_DYNAMIC_DISPATCH(MakePairTiles)();
  return format == IntFormat::kPairs ? &pairs : vnni ? &quads : nullptr;
#else
  static const IntTiles pairs = HWY_DYNAMIC_DISPATCH(MakePairTiles)();
  return format == IntFormat::kPairs ? &pairs : nullptr;
#endif
}

void CopyNumbers(IntFormat format, Bytes from, int64_t n, std::byte* to) {
  if (format == IntFormat::kPairs) return HWY_DYNAMIC_DISPATCH(WidenAny)(from, n, reinterpret_cast<int16_t*>(to));
  if (!from.is_signed) {
    std::copy_n(from.data, n, to);
  } else {
    for (int64_t i = 0; i < n; ++i) to[i] = from.data[i] ^ std::byte{0x80};
  }
}

void FillNumbers(IntFormat format, int32_t value, int64_t n, std::byte* to) {
  if (format == IntFormat::kPairs) {
    std::fill_n(reinterpret_cast<int16_t*>(to), n, static_cast<int16_t>(value));
  } else {
    std::fill_n(to, n, static_cast<std::byte>(value));
  }
}

bool FitQuads(const IntSource& b, int64_t depth, int64_t columns) {
  for (int64_t j = 0; j < columns; ++j) {
    const int32_t zero = b.zero_of(j);
    if (zero == (b.bytes.is_signed ? 0 : 128)) continue;
    for (int64_t k = 0; k < depth; ++k) {
      const int32_t v = b.bytes.at(k * b.row_step + j * b.column_step) - zero;
      if (v < -128 || v > 127) return false;
    }
  }
  return true;
}

namespace {

template <class T>
void PackPanel(const PackedInts& shape, const IntSource& src, int64_t p, int32_t* sums, int32_t* lanes) {
  const Panels& panels = shape.panels;
  const int64_t start = panels.start(p), width = panels.start(p + 1) - start, valid = panels.valid(p);
  const int64_t numbers = NumbersOf(shape.format), bits = 32 / numbers;
  const uint32_t mask = (uint32_t{1} << bits) - 1;
  const auto* first = reinterpret_cast<const T*>(src.bytes.data) + start * src.column_step;
  std::array<int32_t, 64> zero;
  HASTEN_CHECK(valid <= static_cast<int64_t>(zero.size()));
  for (int64_t j = 0; j < valid; ++j) zero[static_cast<size_t>(j)] = src.zero_of(start + j);
  for (int64_t k = 0; k < shape.segments * shape.length; ++k) {
    const T* from = first + (src.row.empty() ? k * src.row_step : src.row[static_cast<size_t>(k)]);
    const int64_t i = k % shape.length, shift = i % numbers * bits;
    int32_t* lane = lanes + (k / shape.length * shape.lanes() + i / numbers) * width;
    for (int64_t j = 0; j < valid; ++j) {
      const int32_t v = from[j * src.column_step] - zero[static_cast<size_t>(j)];
      sums[start + j] += v;
      lane[j] = static_cast<int32_t>(static_cast<uint32_t>(lane[j]) | (static_cast<uint32_t>(v) & mask) << shift);
    }
  }
}

}  // namespace

void PackedInts::Pack(const IntSource& src, int32_t* to) const {
  std::fill_n(to, size(), 0);
  for (int64_t p = 0; p < panels.count; ++p) {
    int32_t* lanes = to + (panel(to, p) - to);
    src.bytes.is_signed ? PackPanel<int8_t>(*this, src, p, to, lanes) : PackPanel<uint8_t>(*this, src, p, to, lanes);
  }
}

void StartSums(const int32_t* columns, int64_t n, int32_t zero, int32_t* to) {
  for (int64_t j = 0; j < n; ++j)
    to[j] = static_cast<int32_t>(-static_cast<uint32_t>(zero) * static_cast<uint32_t>(columns[j]));
}

}  // namespace hasten::cpu
#endif
