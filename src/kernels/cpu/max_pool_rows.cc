#include "kernels/cpu/pool_rows.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

bool Supports(const PlanCall& call) {
  const DType t = call.in[0].dtype;
  return PoolSupported(call) && call.out.size() == 1 && (t == DType::kF32 || t == DType::kU8 || t == DType::kI8);
}

Status Bind(const BoundShapes& s, Binding* binding) {
  const BoundPool b = BindPool(s, s.attrs<MaxPoolAttrs>(), BytesFor(s.in[0].dtype, 1));
  binding->phases = {PoolChunks(b)};
  KeepBound(b, binding);
  return {};
}

Status Run(KernelCall& c) {
  const auto& b = *reinterpret_cast<const BoundPool*>(c.bound);
  const DType t = c.input(0).dtype;
  const PoolRowOps ops = t == DType::kF32 ? MaxRowsF32() : t == DType::kU8 ? MaxRowsU8() : MaxRowsI8();
  HASTEN_ASSIGN(const auto scratch, c.Scratch<std::byte>(PoolScratch(b) * ops.size));
  HASTEN_ASSIGN(const auto lines, c.Scratch<const void*>(PoolLines(b)));
  const int64_t first = c.chunk * b.rows_per_chunk, last = std::min(first + b.rows_per_chunk, b.rows);
  for (int64_t row = first; row < last; ++row)
    PoolRow(b, ops, row, c.input(0).data, c.output(0).data, scratch.data(), lines.data());
  return {};
}

constexpr std::string_view kOps[] = {"MaxPool"};

}  // namespace

extern const Tactic kMaxPoolRows = {
    .name = "max_pool_rows",
    .ops = kOps,
    .supports = Supports,
    .layouts = Layouts::kEither,
    .speed = 10,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
