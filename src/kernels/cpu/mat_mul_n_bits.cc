// Products with weights of a few bits: a column of weights at a time by dot products where there are few rows, else
// some columns unpacked into panels for the tile kernels.
#include "ops/microsoft/mat_mul_n_bits.h"

#include "kernels/cpu/gemm_block.h"
#include "kernels/cpu/n_bits_column.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;
using ops::microsoft::MatMulNBitsAttrs;
using enum MatMulNBitsAttrs::Input;

constexpr int64_t kFewRows = 4;

bool Supports(const PlanCall& call) {
  if (call.has(kGroups)) return false;
  for (size_t i : {kA, kScales, kBias})
    if (call.has(i) && call.in[i].dtype != DType::kF32) return false;
  return !call.has(kZeros) || call.in[kZeros].dtype == DType::kU8 || call.in[kZeros].dtype == DType::kF32;
}

struct Bound {
  int64_t rows = 0, columns_per_chunk = 1;
};

Status Bind(const BoundShapes& s, Binding* binding) {
  const auto& a = s.attrs<MatMulNBitsAttrs>();
  constexpr int64_t kFloats = 64 << 10;  // of a chunk's unpacked weights
  Bound b;
  b.rows = s.in[kA].shape.Concrete()->elements() / a.k;
  b.columns_per_chunk = std::clamp<int64_t>(kFloats / a.k / 16 * 16, 16, 96);
  binding->phases = {b.rows == 0 ? 0 : (a.n + b.columns_per_chunk - 1) / b.columns_per_chunk};
  KeepBound(b, binding);
  return {};
}

struct Scratch {
  std::span<uint8_t> numbers;
  std::span<float> zeros;

  static Result<Scratch> Of(const KernelCall& c, const MatMulNBitsAttrs& a) {
    Scratch s;
    const int64_t most = std::max(a.k, a.blocks()) + 3;  // whole bytes of them
    HASTEN_ASSIGN(s.numbers, c.Scratch<uint8_t>(most));
    HASTEN_ASSIGN(s.zeros, c.Scratch<float>(a.blocks()));
    return s;
  }
};

// Column n of the weights, k floats.
void ReadColumn(const KernelCall& c, const MatMulNBitsAttrs& a, const Scratch& s, int64_t n, float* column) {
  const float* zeros = s.zeros.data();
  if (!c.has(kZeros)) {
    std::fill(s.zeros.begin(), s.zeros.end(), static_cast<float>(int64_t{1} << (a.bits - 1)));
  } else if (c.input(kZeros).dtype == DType::kF32) {
    zeros = c.input(kZeros).as<float>() + n * a.blocks();
  } else {
    UnpackBits(c.input(kZeros).as<uint8_t>() + n * a.packed_zeros(), a.bits, a.blocks(), s.numbers.data());
    std::copy_n(s.numbers.data(), a.blocks(), s.zeros.data());
  }
  UnpackBits(c.input(kB).as<uint8_t>() + n * a.column_bytes(), a.bits, a.k, s.numbers.data());
  ScaleBlocks(s.numbers.data(), a.k, a.block_size, c.input(kScales).as<float>() + n * a.blocks(), zeros, column);
}

Status MultiplyPanels(const KernelCall& c, const MatMulNBitsAttrs& a, const Scratch& s, int64_t rows, int64_t first,
                      int64_t count) {
  const TileKernels& kernels = BestTileKernels();
  BlockCall block{.kernels = &kernels, .panels = Panels::Of(count, kernels), .length = a.k};
  HASTEN_ASSIGN(const auto columns, c.Scratch<float>(count * a.k));
  HASTEN_ASSIGN(const auto packed, c.Scratch<float>(block.panels.floats(a.k)));
  HASTEN_ASSIGN(const auto pointers, c.Scratch<const float*>(rows));
  for (int64_t n = 0; n < count; ++n) ReadColumn(c, a, s, first + n, columns.data() + n * a.k);
  PackPanels(block.panels, {columns.data(), {}, 1, a.k}, a.k, 0, block.panels.count, packed.data());
  for (int64_t m = 0; m < rows; ++m) pointers[static_cast<size_t>(m)] = c.input(kA).as<float>() + m * a.k;
  block.last_panel = block.panels.count;
  block.b = packed.data();
  block.a = pointers.data();
  block.tiles = RowTiles::Of(rows, kernels.rows);
  block.c = c.output(0).as<float>() + first;
  block.c_step = a.n;
  if (c.has(kBias)) block.tail.bias = c.input(kBias).as<float>() + first;
  MultiplyBlock(block);
  return {};
}

Status Run(KernelCall& c) {
  const auto& a = c.attrs<MatMulNBitsAttrs>();
  const auto& b = *reinterpret_cast<const Bound*>(c.bound);
  const int64_t first = c.chunk * b.columns_per_chunk, count = std::min(b.columns_per_chunk, a.n - first);
  HASTEN_ASSIGN(const Scratch s, Scratch::Of(c, a));
  if (b.rows > kFewRows) return MultiplyPanels(c, a, s, b.rows, first, count);
  HASTEN_ASSIGN(const auto column, c.Scratch<float>(a.k));
  for (int64_t n = first; n < first + count; ++n) {
    ReadColumn(c, a, s, n, column.data());
    const float bias = c.has(kBias) ? c.input(kBias).as<float>()[n] : 0;
    for (int64_t m = 0; m < b.rows; ++m)
      c.output(0).as<float>()[m * a.n + n] = bias + DotRow(column.data(), c.input(kA).as<float>() + m * a.k, a.k);
  }
  return {};
}

constexpr std::string_view kOps[] = {"com.microsoft.MatMulNBits"};

}  // namespace

extern const Tactic kMatMulNBits = {
    .name = "mat_mul_n_bits",
    .ops = kOps,
    .supports = Supports,
    .bound = 16,
    .numerics = Numerics::kReassociated,
    .speed = 20,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
