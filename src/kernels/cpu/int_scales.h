// Scales, zero points and bias of a quantised product, from the inputs of its op.
#pragma once
#include <optional>

#include "kernels/cpu/int_tail.h"
#include "kernels/cpu/int_tile.h"
#include "kernels/tactic.h"

namespace hasten::cpu {

// The numbers of an op's inputs; -1: it has none such.
struct IntRoles {
  int a = 0, a_scale = -1, a_zero = -1, b = 1, b_scale = -1, b_zero = -1, bias = -1, y_scale = -1, y_zero = -1;
};
// Quantised and float outputs have a_scale and b_scale.
enum class IntOutput : uint8_t { kSums, kQuantized, kFloats };

// Scales and zero points of a and y hold one element, those of b one or `columns`, the bias `columns`: f32 beside float
// outputs, else i32, or f64 with a part of a step.  Sums of `depth` products leave room for kMostWhole in 32 bits.
bool IntScalesSupported(const PlanCall& call, const IntRoles& roles, int64_t columns, int64_t depth);

// Input i's only element; 0 where it is absent.
int32_t ZeroOf(const KernelCall& c, int i);

// What the tables are made of; null: absent.
struct IntScaling {
  const Tensor *a = nullptr, *b = nullptr, *bias = nullptr, *y = nullptr;
  static IntScaling Of(const KernelCall& c, const IntRoles& roles);
  // None where one of them is not constant.
  static std::optional<IntScaling> Of(const PlanCall& call, const IntRoles& roles);
};

// Per-column tables: of constants, they are made at plan time and lie behind what Prepare stores; else a first phase
// fills them, where the workspace begins.
struct IntTables {
  int64_t columns = 0;   // with padding for the vectors of the tail
  int64_t known_at = 0;  // bytes of the params before them; 0: not known

  static int64_t Padded(int64_t columns) { return (columns + 2 * kTailPadding - 1) / kTailPadding * kTailPadding; }
  // Appends those of constants to the params; else known_at is 0.
  static IntTables Known(const PlanCall& call, const IntRoles& roles, IntOutput output, int64_t count, double factor,
                         std::vector<std::byte>* params);
  int64_t bytes() const { return columns * int64_t{2 * sizeof(double) + 2 * sizeof(float) + sizeof(int32_t)}; }
  int64_t workspace_bytes() const { return known_at > 0 ? 0 : (bytes() + 63) / 64 * 64; }
  std::byte* at(const KernelCall& c) const;  // not to be written to where they are known

  double* scale(std::byte* at) const { return reinterpret_cast<double*>(at); }
  double* steps(std::byte* at) const { return scale(at) + columns; }
  float* multiplier(std::byte* at) const { return reinterpret_cast<float*>(steps(at) + columns); }
  float* rest(std::byte* at) const { return multiplier(at) + columns; }
  int32_t* whole(std::byte* at) const { return reinterpret_cast<int32_t*>(rest(at) + columns); }
  // `factor` times the scales of a and b; the multipliers are those over y's scale; steps are the bias before scaling,
  // whole and rest as in Requantize.  A float output's rest is its whole bias.
  void Fill(const IntScaling& scaling, IntOutput output, int64_t count, double factor, std::byte* at) const;
};

// Sums into the output.
struct IntTail {
  IntOutput output = IntOutput::kSums;
  Requantize quantized;
  ToFloats floats;
  std::byte* y = nullptr;
  int64_t y_bytes = 0;  // of an element
  static IntTail Of(const KernelCall& c, const IntRoles& roles, IntOutput output, const IntTables& tables);
  // `element` of the output is row 0's first, that of the next row `step` further.
  void Rows(const SumRows& sums, int64_t element, int64_t step) const;
};

// Rows of `length` bytes whose last lane could end behind `end`, the last ones of A, are read from copies.
Status CopyRowsAtEnd(const KernelCall& c, const std::byte* end, int64_t length, std::span<const std::byte*> rows);

// Rows of A by panels of a packed matrix.
struct IntBlock {
  PackedInts shape;
  const int32_t *b = nullptr, *start = nullptr;  // the matrix and what the sums of its columns begin with
  const std::byte* const* a = nullptr;           // one a row
  std::span<const int64_t> offset = {};          // of the segments from there, in bytes
  int64_t rows = 0, first_panel = 0, last_panel = 0;
  int64_t column = 0;                     // of the tail: the matrix's first
  int64_t element = 0, row_elements = 0;  // of the output: that of row 0 and column 0, and from row to row
};
// A panel's sums go through the tail while they are in the first cache.
Status MultiplyInts(const KernelCall& c, const IntBlock& block, const IntTail& tail);

}  // namespace hasten::cpu
