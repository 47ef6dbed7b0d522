// The tiles of int_tile.cc with AVX-512 VNNI: vpdpwssd multiplies pairs and adds them to the sums, two instructions
// elsewhere; vpdpbusd does so with quads.  Highway 1.0.3 has no target for it (its AVX3_DL asks for the other VNNI, of
// AVX).
#include "kernels/cpu/int_tile.h"
#include "kernels/cpu/simd.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define HASTEN_VNNI __attribute__((target("avx512f,avx512vnni")))

namespace hasten::cpu {
namespace {

constexpr int kLanes = 16;

HASTEN_VNNI inline __m512i BroadcastLane(const std::byte* p) {
  int32_t lane;
  __builtin_memcpy(&lane, p, sizeof lane);
  return _mm512_set1_epi32(lane);
}

template <IntFormat F, int R, int N>
HASTEN_VNNI void Tile(const IntTileCall& t) {
  __m512i acc[R][N];
  HASTEN_UNROLL
  for (int r = 0; r < R; ++r) HASTEN_UNROLL
  for (int n = 0; n < N; ++n) acc[r][n] = _mm512_loadu_si512(t.start + n * kLanes);
  const int32_t* b = t.b;
  for (int64_t s = 0; s < t.segments; ++s) {
    const std::byte* row[R];
    HASTEN_UNROLL
    for (int r = 0; r < R; ++r) row[r] = t.a[r] + t.offset[s];
    const int64_t lanes = t.lanes;
    for (int64_t k = 0; k < lanes; ++k, b += N * kLanes) {
      __m512i bv[N];
      HASTEN_UNROLL
      for (int n = 0; n < N; ++n) bv[n] = _mm512_load_si512(b + n * kLanes);
      HASTEN_UNROLL
      for (int r = 0; r < R; ++r) {
        const __m512i av = BroadcastLane(row[r] + 4 * k);
        HASTEN_UNROLL
        for (int n = 0; n < N; ++n)
          acc[r][n] = F == IntFormat::kPairs ? _mm512_dpwssd_epi32(acc[r][n], av, bv[n])
                                             : _mm512_dpbusd_epi32(acc[r][n], av, bv[n]);
      }
    }
  }
  HASTEN_UNROLL
  for (int r = 0; r < R; ++r) HASTEN_UNROLL
  for (int n = 0; n < N; ++n) _mm512_storeu_si512(t.c + r * t.c_step + n * kLanes, acc[r][n]);
}

template <IntFormat F, int... kRow>
void SetTiles(std::integer_sequence<int, kRow...>, IntTiles* k) {
  ((k->tile[kRow + 1][1] = Tile<F, kRow + 1, 1>, k->tile[kRow + 1][2] = Tile<F, kRow + 1, 2>,
    k->tile[kRow + 1][3] = Tile<F, kRow + 1, 3>),
   ...);
}

}  // namespace

IntTiles VnniTiles(IntFormat format) {
  constexpr auto kRows = std::make_integer_sequence<int, IntTiles::kMaxRows>();
  IntTiles tiles;
  tiles.shape.name = "AVX-512 VNNI";
  tiles.shape.lanes = kLanes;
  tiles.shape.rows = IntTiles::kMaxRows;
  tiles.shape.vectors = IntTiles::kMaxVectors;
  format == IntFormat::kPairs ? SetTiles<IntFormat::kPairs>(kRows, &tiles) : SetTiles<IntFormat::kQuads>(kRows, &tiles);
  return tiles;
}

}  // namespace hasten::cpu
#endif
