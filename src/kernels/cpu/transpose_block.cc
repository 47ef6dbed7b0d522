#include "kernels/cpu/transpose_block.h"

#include <algorithm>
#include <cstring>

#include "kernels/cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/transpose_block.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hasten::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR  // which has no blocks to interleave
// A square of 16 bytes a side in each 128-bit block of the vectors: as many rows as a vector has lanes, kSide columns.
template <class T>
struct Square {
  static constexpr int kSide = 16 / sizeof(T);
  using D = hn::CappedTag<T, 32 / sizeof(T)>;
  static constexpr int64_t kRows = static_cast<int64_t>(hn::MaxLanes(D()));

  static HWY_INLINE void Move(const T* HWY_RESTRICT from, int64_t from_step, T* HWY_RESTRICT to, int64_t to_step) {
    const D d;
    hn::Vec<D> v[kSide], u[kSide];
    for (int r = 0; r < kSide; ++r) {
      if constexpr (kRows == kSide) {
        v[r] = hn::LoadU(d, from + r * from_step);
      } else {
        const hn::Half<D> half;
        v[r] = hn::Combine(d, hn::LoadU(half, from + (r + kSide) * from_step), hn::LoadU(half, from + r * from_step));
      }
    }
    // Each round is a perfect shuffle of the rows; all of them together transpose.
    for (int round = 1; round < kSide; round *= 2) {
      for (int k = 0; k < kSide / 2; ++k) {
        u[2 * k] = hn::InterleaveLower(d, v[k], v[k + kSide / 2]);
        u[2 * k + 1] = hn::InterleaveUpper(d, v[k], v[k + kSide / 2]);
      }
      for (int k = 0; k < kSide; ++k) v[k] = u[k];
    }
    for (int r = 0; r < kSide; ++r) hn::StoreU(v[r], d, to + r * to_step);
  }
};

#endif

template <class T>
void Scalar(const T* from, int64_t from_step, int64_t rows, int64_t columns, T* to, int64_t to_step) {
  for (int64_t j = 0; j < columns; ++j)
    for (int64_t i = 0; i < rows; ++i) to[j * to_step + i] = from[i * from_step + j];
}

// `n` tuples of two to four elements taken apart: from[n][k] to k rows.
template <class T>
void TakeApart(const T* from, int64_t n, int64_t k, T* to, int64_t to_step) {
  const hn::CappedTag<T, 32 / sizeof(T)> d;
  using V = hn::Vec<decltype(d)>;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    V v0, v1, v2, v3;
    if (k == 2) hn::LoadInterleaved2(d, from + 2 * i, v0, v1);
    if (k == 3) hn::LoadInterleaved3(d, from + 3 * i, v0, v1, v2);
    if (k == 4) hn::LoadInterleaved4(d, from + 4 * i, v0, v1, v2, v3);
    hn::StoreU(v0, d, to + i);
    hn::StoreU(v1, d, to + to_step + i);
    if (k > 2) hn::StoreU(v2, d, to + 2 * to_step + i);
    if (k > 3) hn::StoreU(v3, d, to + 3 * to_step + i);
  }
  Scalar(from + i * k, k, n - i, k, to + i, to_step);
}

// The other way: k rows of n elements to to[n][k].
template <class T>
void PutTogether(const T* from, int64_t from_step, int64_t n, int64_t k, T* to) {
  const hn::CappedTag<T, 32 / sizeof(T)> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t j = 0;
  for (; j + lanes <= n; j += lanes) {
    const auto v0 = hn::LoadU(d, from + j), v1 = hn::LoadU(d, from + from_step + j);
    const auto v2 = k > 2 ? hn::LoadU(d, from + 2 * from_step + j) : v1;
    const auto v3 = k > 3 ? hn::LoadU(d, from + 3 * from_step + j) : v1;
    if (k == 2) hn::StoreInterleaved2(v0, v1, d, to + 2 * j);
    if (k == 3) hn::StoreInterleaved3(v0, v1, v2, d, to + 3 * j);
    if (k == 4) hn::StoreInterleaved4(v0, v1, v2, v3, d, to + 4 * j);
  }
  Scalar(from + j, from_step, k, n - j, to + j * k, k);
}

template <class T>
void Transpose(const T* from, int64_t from_step, int64_t rows, int64_t columns, T* to, int64_t to_step) {
  if (columns >= 2 && columns <= 4 && from_step == columns) return TakeApart(from, rows, columns, to, to_step);
  if (rows >= 2 && rows <= 4 && to_step == rows) return PutTogether(from, from_step, columns, rows, to);
#if HWY_TARGET == HWY_SCALAR
  Scalar(from, from_step, rows, columns, to, to_step);
#else
  using S = Square<T>;
  if (rows < S::kRows || columns < S::kSide) return Scalar(from, from_step, rows, columns, to, to_step);
  // Columns in blocks whose lines of `to` stay in the first cache.  The last square overlaps the one before it.
  constexpr int64_t kBlock = 32;
  for (int64_t j0 = 0; j0 < columns; j0 += kBlock) {
    const int64_t end = std::min(j0 + kBlock, columns);
    for (int64_t i = 0; i < rows; i += S::kRows) {
      const int64_t row = std::min(i, rows - S::kRows);
      for (int64_t j = j0; j < end; j += S::kSide) {
        const int64_t column = std::min(j, columns - S::kSide);
        S::Move(from + row * from_step + column, from_step, to + column * to_step + row, to_step);
      }
    }
  }
#endif
}

void Transpose8(const void* from, int64_t from_step, int64_t rows, int64_t columns, void* to, int64_t to_step) {
  Transpose(static_cast<const uint8_t*>(from), from_step, rows, columns, static_cast<uint8_t*>(to), to_step);
}
void Transpose16(const void* from, int64_t from_step, int64_t rows, int64_t columns, void* to, int64_t to_step) {
  Transpose(static_cast<const uint16_t*>(from), from_step, rows, columns, static_cast<uint16_t*>(to), to_step);
}
void Transpose32(const void* from, int64_t from_step, int64_t rows, int64_t columns, void* to, int64_t to_step) {
  Transpose(static_cast<const uint32_t*>(from), from_step, rows, columns, static_cast<uint32_t*>(to), to_step);
}
void Transpose64(const void* from, int64_t from_step, int64_t rows, int64_t columns, void* to, int64_t to_step) {
  Transpose(static_cast<const uint64_t*>(from), from_step, rows, columns, static_cast<uint64_t*>(to), to_step);
}

}  // namespace hasten::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hasten::cpu {
namespace {

HWY_EXPORT(Transpose8);
HWY_EXPORT(Transpose16);
HWY_EXPORT(Transpose32);
HWY_EXPORT(Transpose64);

}  // namespace

void TransposeBlock(int64_t size, const std::byte* from, int64_t from_step, int64_t rows, int64_t columns,
                    std::byte* to, int64_t to_step) {
  switch (size) {
    case 1: return HWY_DYNAMIC_DISPATCH(Transpose8)(from, from_step, rows, columns, to, to_step);
    case 2: return HWY_DYNAMIC_DISPATCH(Transpose16)(from, from_step, rows, columns, to, to_step);
    case 4: return HWY_DYNAMIC_DISPATCH(Transpose32)(from, from_step, rows, columns, to, to_step);
    case 8: return HWY_DYNAMIC_DISPATCH(Transpose64)(from, from_step, rows, columns, to, to_step);
    default:
      for (int64_t j = 0; j < columns; ++j)
        for (int64_t i = 0; i < rows; ++i)
          std::memcpy(to + (j * to_step + i) * size, from + (i * from_step + j) * size, static_cast<size_t>(size));
  }
}

}  // namespace hasten::cpu
#endif
