// The tiles of int_tile.cc with AVX-512 VNNI: vpdpwssd multiplies pairs and adds them to the sums, two instructions
// elsewhere.  Highway 1.0.3 has no target for it (its AVX3_DL asks for the other VNNI, of AVX).
#include "kernels/cpu/int_tile.h"
#include "kernels/cpu/simd.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define HASTEN_VNNI __attribute__((target("avx512f,avx512vnni")))

namespace hasten::cpu {
namespace {

constexpr int kLanes = 16;

HASTEN_VNNI inline __m512i BroadcastPair(const int16_t* p) {
  int32_t pair;
  __builtin_memcpy(&pair, p, sizeof pair);
  return _mm512_set1_epi32(pair);
}

template <int R, int N>
HASTEN_VNNI void Tile(const IntTileCall& t) {
  __m512i acc[R][N];
  HASTEN_UNROLL
  for (int r = 0; r < R; ++r) HASTEN_UNROLL
  for (int n = 0; n < N; ++n) acc[r][n] = _mm512_setzero_si512();
  const int16_t* b = t.b;
  const int16_t* const* a = t.a;
  for (int64_t s = 0; s < t.segments; ++s, a += R) {
    const int16_t* row[R];
    HASTEN_UNROLL
    for (int r = 0; r < R; ++r) row[r] = a[r];
    const int64_t pairs = t.pairs;
    for (int64_t k = 0; k < pairs; ++k, b += N * 2 * kLanes) {
      __m512i bv[N];
      HASTEN_UNROLL
      for (int n = 0; n < N; ++n) bv[n] = _mm512_load_si512(b + n * 2 * kLanes);
      HASTEN_UNROLL
      for (int r = 0; r < R; ++r) {
        const __m512i av = BroadcastPair(row[r] + 2 * k);
        HASTEN_UNROLL
        for (int n = 0; n < N; ++n) acc[r][n] = _mm512_dpwssd_epi32(acc[r][n], av, bv[n]);
      }
    }
  }
  HASTEN_UNROLL
  for (int r = 0; r < R; ++r) HASTEN_UNROLL
  for (int n = 0; n < N; ++n) _mm512_storeu_si512(t.c + r * t.c_step + n * kLanes, acc[r][n]);
}

template <int... kRow>
void SetTiles(std::integer_sequence<int, kRow...>, IntKernels* k) {
  ((k->tile[kRow + 1][1] = Tile<kRow + 1, 1>, k->tile[kRow + 1][2] = Tile<kRow + 1, 2>,
    k->tile[kRow + 1][3] = Tile<kRow + 1, 3>),
   ...);
}

}  // namespace

void UseVnni(IntKernels* kernels) {
  HASTEN_CHECK(kernels->shape.lanes == kLanes && kernels->shape.rows == IntKernels::kMaxRows);
  kernels->shape.name = "AVX-512 VNNI";
  SetTiles(std::make_integer_sequence<int, IntKernels::kMaxRows>(), kernels);
}

}  // namespace hasten::cpu
#endif
