// The integer micro-kernel: 8-bit operands, less their zero points, as 16-bit numbers; sums in 32 bits.
//
//   C[r, j] = sum over segments s, k < 2 * pairs of a[s][r][k] * B[s * 2 * pairs + k, j]
//
// Products of pairs of 16-bit numbers are added in 32 bits, so that nothing saturates.
#pragma once
#include <span>

#include "kernels/cpu/gemm_pack.h"
#include "tensor/tensor.h"

namespace hasten::cpu {

// The depth up to which sums of products of 9-bit differences fit 32 bits, with room for a bias of the same size.
inline constexpr int64_t kMostIntDepth = 16384;

struct IntTileCall {
  const int16_t* const* a = nullptr;  // [segments][rows]
  int64_t segments = 1, pairs = 0;
  const int16_t* b = nullptr;  // packed panel: rows of `vectors` vectors of pairs
  int32_t* c = nullptr;        // whole vectors are stored
  int64_t c_step = 0;
};

// The kernels of one instruction set.
struct IntKernels {
  static constexpr int kMaxRows = 8, kMaxVectors = 3;
  TileKernels shape;  // lanes, rows, vectors
  void (*tile[kMaxRows + 1][kMaxVectors + 1])(const IntTileCall&) = {};
  // to[i] = from[i] - zero, for u8 or i8.
  void (*widen[2])(const void* from, int64_t n, int32_t zero, int16_t* to) = {};  // [is i8]
};
const IntKernels& BestIntKernels();
void UseVnni(IntKernels* kernels);  // of 512 bits: with the tiles of int_tile_vnni.cc; x86 only

inline int64_t PairsOf(int64_t length) { return (length + 1) / 2; }

// An operand that holds 8-bit integers.
struct Bytes {
  const std::byte* data = nullptr;
  bool is_signed = false;
  static Bytes Of(const Tensor& t) { return {t.data, t.dtype == DType::kI8}; }
  int32_t at(int64_t i) const { return is_signed ? static_cast<int8_t>(data[i]) : static_cast<uint8_t>(data[i]); }
  Bytes operator+(int64_t n) const { return {data + n, is_signed}; }
};
inline bool IsByte(DType t) { return t == DType::kU8 || t == DType::kI8; }

// `rows` rows of `length` numbers less `zero`, each padded with a zero to whole pairs.
void WidenRows(Bytes from, int64_t rows, int64_t length, int32_t zero, int16_t* to);

// Element (k, j) of the matrix, k = segment * length + i, is at row[k] (or k * row_step) + j * column_step.
struct IntSource {
  Bytes bytes;
  std::span<const int64_t> row = {};
  int64_t row_step = 0, column_step = 1;
  std::span<const int32_t> zero = {};  // one, or one per column; none: 0
};
// 16-bit numbers of a packed matrix.
inline int64_t PackedInts(const Panels& p, int64_t segments, int64_t length) {
  return p.floats(2 * segments * PairsOf(length));
}
void PackIntPanels(const Panels& panels, const IntSource& src, int64_t segments, int64_t length, int64_t first,
                   int64_t last, int16_t* to);

// A block of rows by panels [first_panel, last_panel) into `c`, whose column 0 is the first panel's.
struct IntBlock {
  Panels panels;
  int64_t first_panel = 0, last_panel = 0;
  const int16_t* b = nullptr;  // the whole packed matrix
  int64_t segments = 1, length = 0;
  const int16_t* const* a = nullptr;  // tile after tile: [segments][rows of the tile]
  int64_t rows = 0;
  int32_t* c = nullptr;
  int64_t c_step = 0;
};
void MultiplyInts(const IntBlock& block);

}  // namespace hasten::cpu
