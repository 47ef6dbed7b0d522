#include "kernels/cpu/pool_rows.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

bool Supports(const PlanCall& call) { return PoolSupported(call) && call.in[0].dtype == DType::kF32; }

Status Bind(const BoundShapes& s, Binding* binding) {
  const BoundPool b = BindPool(s, s.attrs<AveragePoolAttrs>(), sizeof(float));
  binding->phases = {PoolChunks(b)};
  KeepBound(b, binding);
  return {};
}

float Count(const WindowAxis& a, int64_t o, bool padding) {
  return static_cast<float>(PositionsWithin(a, o, padding ? -a.pad_begin : 0, padding ? a.in + a.pad_end : a.in));
}

void Divide(const BoundPool& b, int64_t row, bool padding, float* y) {
  const WindowAxis& w = b.axes[2];
  const float lines =
      Count(b.axes[1], row % b.axes[1].out, padding) * Count(b.axes[0], row / b.axes[1].out % b.axes[0].out, padding);
  y += row * w.out * b.pixel;
  for (int64_t o = 0; o < w.out; ++o, y += b.pixel) {
    const float count = lines * Count(w, o, padding);
    for (int64_t i = 0; i < b.pixel; ++i) y[i] /= count;
  }
}

Status Run(KernelCall& c) {
  const auto& b = *reinterpret_cast<const BoundPool*>(c.bound);
  const PoolRowOps ops = SumRowsF32();
  HASTEN_ASSIGN(const auto scratch, c.Scratch<std::byte>(PoolScratch(b) * ops.size));
  HASTEN_ASSIGN(const auto lines, c.Scratch<const void*>(PoolLines(b)));
  const bool padding = c.attrs<AveragePoolAttrs>().count_include_pad;
  const int64_t first = c.chunk * b.rows_per_chunk, last = std::min(first + b.rows_per_chunk, b.rows);
  for (int64_t row = first; row < last; ++row) {
    PoolRow(b, ops, row, c.input(0).data, c.output(0).data, scratch.data(), lines.data());
    Divide(b, row, padding, c.output(0).as<float>());
  }
  return {};
}

constexpr std::string_view kOps[] = {"AveragePool"};

}  // namespace

extern const Tactic kAveragePoolRows = {
    .name = "average_pool_rows",
    .ops = kOps,
    .supports = Supports,
    .bound = 16,
    .numerics = Numerics::kReassociated,
    .layouts = Layouts::kEither,
    .speed = 10,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
