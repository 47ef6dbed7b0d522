// Scales, zero points and bias of a quantised product, from the inputs of its op.
#pragma once
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
// outputs, else (i32, or f64 with a part of a step) constant and so small that sums of `depth` products with it fit 32
// bits.
bool IntScalesSupported(const PlanCall& call, const IntRoles& roles, int64_t columns, int64_t depth);

// Input i's only element; 0 where it is absent.
int32_t ZeroOf(const KernelCall& c, int i);

// Per-column tables, which a first phase computes into the workspace for all chunks.
struct IntTables {
  int64_t columns = 0;  // rounded up
  static IntTables Of(int64_t columns) { return {(columns + 15) / 16 * 16}; }
  int64_t bytes() const {
    return columns * static_cast<int64_t>(2 * sizeof(double) + 2 * sizeof(float) + sizeof(int32_t));
  }
  double* scale(std::byte* at) const { return reinterpret_cast<double*>(at); }
  double* steps(std::byte* at) const { return scale(at) + columns; }
  float* multiplier(std::byte* at) const { return reinterpret_cast<float*>(steps(at) + columns); }
  float* rest(std::byte* at) const { return multiplier(at) + columns; }
  int32_t* whole(std::byte* at) const { return reinterpret_cast<int32_t*>(rest(at) + columns); }
  // `factor` times the scales of a and b; the multipliers are those over y's scale; steps are the bias before scaling,
  // whole and rest as in Requantize.  A float output's rest is its whole bias.
  void Fill(const KernelCall& c, const IntRoles& roles, IntOutput output, int64_t count, double factor,
            std::byte* at) const;
};

// One row of sums into the output.
struct IntTail {
  IntOutput output = IntOutput::kSums;
  Requantize quantized;
  ToFloats floats;
  std::byte* y = nullptr;
  int64_t y_bytes = 0;  // of an element
  // Of the whole output; `at`: the tables.
  static IntTail Of(const KernelCall& c, const IntRoles& roles, IntOutput output, const IntTables& tables,
                    std::byte* at);
  void Row(const int32_t* sums, int64_t element, int64_t column, int64_t n) const;
};

}  // namespace hasten::cpu
