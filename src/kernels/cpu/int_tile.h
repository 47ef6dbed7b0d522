// The integer micro-kernel: products of 8-bit operands, summed in 32 bits.
//
//   C[r, j] = start[j] + sum over segments s, k < length of A[r][s][k] * B[s * length + k, j]
//
// A holds the numbers as they are, B less their zero points: with start[j] = -zero of A * the sum of B's column j, C is
// the product of both less their zero points.  Sums may wrap around on the way: C is right where it fits 32 bits.
#pragma once
#include <span>

#include "kernels/cpu/gemm_pack.h"
#include "tensor/tensor.h"

namespace hasten::cpu {

// The depth up to which sums of products of 9-bit differences fit 32 bits, with room for a bias of the same size.
inline constexpr int64_t kMostIntDepth = 16384;

// What is multiplied: lanes of 32 bits that hold two numbers of 16 bits each, which takes any 8-bit operands, or four
// of A as u8 and of B as i8, which takes a B that fits it less its zero points.
enum class IntFormat : uint8_t { kPairs, kQuads };
inline constexpr int64_t NumbersOf(IntFormat f) { return f == IntFormat::kQuads ? 4 : 2; }  // in a lane
inline constexpr int64_t BytesOf(IntFormat f) { return 4 / NumbersOf(f); }                  // of a number
inline constexpr int64_t LanesOf(IntFormat f, int64_t length) { return (length + NumbersOf(f) - 1) / NumbersOf(f); }

struct IntTileCall {
  const std::byte* const* a = nullptr;  // one a row
  const int64_t* offset = nullptr;      // of the segments from there, in bytes
  int64_t segments = 1, lanes = 0;      // whole lanes are read, whatever lies behind `length` in A: B has zeros there
  const int32_t* b = nullptr;           // packed panel: rows of `vectors` vectors of lanes
  const int32_t* start = nullptr;       // per column
  int32_t* c = nullptr;                 // whole vectors are stored
  int64_t c_step = 0;
};

// The tiles of one format on one instruction set.
struct IntTiles {
  static constexpr int kMaxRows = 8, kMaxVectors = 3;
  TileKernels shape;  // lanes, rows, vectors
  void (*tile[kMaxRows + 1][kMaxVectors + 1])(const IntTileCall&) = {};
};
// The best ones for this machine; of quads, none where it lacks AVX-512 VNNI.
const IntTiles* BestIntTiles(IntFormat format);
IntTiles VnniTiles(IntFormat format);  // x86 only

// An operand that holds 8-bit integers.
struct Bytes {
  const std::byte* data = nullptr;
  bool is_signed = false;
  static Bytes Of(const Tensor& t) { return {t.data, t.dtype == DType::kI8}; }
  int32_t at(int64_t i) const { return is_signed ? static_cast<int8_t>(data[i]) : static_cast<uint8_t>(data[i]); }
  Bytes operator+(int64_t n) const { return {data + n, is_signed}; }
};
inline bool IsByte(DType t) { return t == DType::kU8 || t == DType::kI8; }

// A in a format: pairs are the numbers in 16 bits; quads are the bytes, where A is i8 more by 128, as is its zero
// point.
inline bool ReadInPlace(IntFormat f, DType t) { return f == IntFormat::kQuads && t == DType::kU8; }
inline int32_t ZeroIn(IntFormat f, bool is_signed, int32_t zero) {
  return zero + (f == IntFormat::kQuads && is_signed ? 128 : 0);
}
void CopyNumbers(IntFormat format, Bytes from, int64_t n, std::byte* to);
void FillNumbers(IntFormat format, int32_t value, int64_t n, std::byte* to);

// Element (k, j) of the matrix, k = segment * length + i, is at row[k] (or k * row_step) + j * column_step.
struct IntSource {
  Bytes bytes;
  std::span<const int64_t> row = {};
  int64_t row_step = 0, column_step = 1;
  std::span<const int32_t> zero = {};  // one, or one per column; none: 0
  int32_t zero_of(int64_t column) const {
    return zero.empty() ? 0 : zero[zero.size() == 1 ? 0 : static_cast<size_t>(column)];
  }
};
// Whether B less its zero points fits i8.
bool FitQuads(const IntSource& b, int64_t depth, int64_t columns);

// A packed matrix: the sums of its columns, then its panels.
struct PackedInts {
  IntFormat format = IntFormat::kPairs;
  Panels panels;
  int64_t segments = 1, length = 0;
  static PackedInts Of(IntFormat f, int64_t columns, int64_t segments, int64_t length) {
    return {f, Panels::Of(columns, BestIntTiles(f)->shape), segments, length};
  }
  int64_t width() const { return panels.start(panels.count); }  // columns with their padding
  int64_t lanes() const { return LanesOf(format, length); }     // of a segment and column
  int64_t size() const { return width() * (1 + segments * lanes()); }
  // Where a panel of a matrix at `b` begins.
  const int32_t* panel(const int32_t* b, int64_t p) const { return b + width() + panels.start(p) * segments * lanes(); }
  void Pack(const IntSource& src, int32_t* to) const;
};
// What sums begin with where A's zero point is `zero`, from the sums of B's columns.
void StartSums(const int32_t* columns, int64_t n, int32_t zero, int32_t* to);

}  // namespace hasten::cpu
