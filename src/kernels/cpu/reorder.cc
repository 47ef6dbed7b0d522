#include "ops/reorder.h"

#include "kernels/cpu/strided_copy.h"

namespace hasten::kernels::cpu {
namespace {

using hasten::cpu::StridedCopy;

Status Bind(const BoundShapes& s, Binding* binding) {
  const Dims dims = *s.in[0].shape.Concrete();
  const bool last = s.attrs<ReorderAttrs>().to == static_cast<int64_t>(Layout::kChannelsLast);
  const Dims from = hasten::cpu::LogicalStrides(dims, last ? Layout::kPlain : Layout::kChannelsLast);
  const Dims to = hasten::cpu::LogicalStrides(dims, last ? Layout::kChannelsLast : Layout::kPlain);
  const StridedCopy copy = StridedCopy::Of(BytesFor(s.in[0].dtype, 1), dims, from, to);
  binding->phases = {copy.chunks()};
  KeepBound(copy, binding);
  return {};
}

Status Run(KernelCall& c) {
  const auto& copy = *reinterpret_cast<const StridedCopy*>(c.bound);
  copy.RunChunk(c.chunk, c.chunks, c.input(0).data, c.output(0).data);
  return {};
}

bool Supports(const PlanCall& call) { return hasten::cpu::MovesByBytes(call.in[0].dtype); }

constexpr std::string_view kOps[] = {"Reorder"};

}  // namespace

extern const Tactic kReorder = {
    .name = "reorder",
    .ops = kOps,
    .supports = Supports,
    .speed = 2,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
