// Copies the data, then writes the updates over it, in order: later ones win.
#include "kernels/cpu/indices.h"
#include "kernels/cpu/strided_copy.h"
#include "ops/scatter.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

bool Supports(const PlanCall& call) {
  return call.attrs<ScatterElementsAttrs>().reduction == "none" && MovesByBytes(call.in[0].dtype) &&
         IsIndex(call.in[1].dtype);
}

Status Bind(const BoundShapes& s, Binding* binding) {
  HASTEN_TRY(BindByBytes(s, binding));
  binding->phases.push_back(1);
  return {};
}

Status WriteElements(const KernelCall& c) {
  const Tensor& updates = c.input(2);
  const Dims& data = c.input(0).dims;
  HASTEN_ASSIGN(const int axis, NormalizeAxis(c.attrs<ScatterElementsAttrs>().axis, data.rank()));
  Dims strides = StridesOf(data);
  const int64_t stride = std::exchange(strides[static_cast<size_t>(axis)], 0), size = BytesFor(updates.dtype, 1);
  const IndexReader index(c.input(1));
  StridedWalk walk(updates.dims, strides);
  for (int64_t i = 0; i < updates.elements(); ++i, walk.Next()) {
    HASTEN_ASSIGN(const int64_t at, index.At(i, data[static_cast<size_t>(axis)]));
    CopyBytes(updates.data + i * size, c.output(0).data + (walk.offset() + at * stride) * size, size);
  }
  return {};
}

Status Run(KernelCall& c) {
  if (c.phase == 1) return WriteElements(c);
  const int64_t bytes = c.input(0).bytes();
  const int64_t first = bytes * c.chunk / c.chunks, last = bytes * (c.chunk + 1) / c.chunks;
  if (first < last) std::memcpy(c.output(0).data + first, c.input(0).data + first, static_cast<size_t>(last - first));
  return {};
}

constexpr std::string_view kOps[] = {"ScatterElements"};

}  // namespace

extern const Tactic kScatterElementsRuns = {
    .name = "scatter_elements_runs",
    .ops = kOps,
    .supports = Supports,
    .speed = 4,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
