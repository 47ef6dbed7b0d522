// Copies the data, then writes the updates over it, in order: later ones win.
#include "kernels/cpu/indices.h"
#include "kernels/cpu/strided_copy.h"
#include "ops/scatter.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

bool Supports(const PlanCall& call) {
  return call.attrs<ScatterNDAttrs>().reduction == "none" && MovesByBytes(call.in[0].dtype) &&
         IsIndex(call.in[1].dtype);
}

Status Bind(const BoundShapes& s, Binding* binding) {
  HASTEN_TRY(BindByBytes(s, binding));
  binding->phases.push_back(1);
  return {};
}

Status WriteRuns(const KernelCall& c) {
  const Tensor &data = c.input(0), &tuples = c.input(1);
  const auto k = static_cast<int>(tuples.dims.back());
  const Dims strides = StridesOf(data.dims);
  const int64_t size = BytesFor(data.dtype, 1), run = data.dims.Product(k, data.dims.rank()) * size;
  const IndexReader index(tuples);
  for (int64_t i = 0; i < tuples.elements() / k; ++i) {
    int64_t at = 0;
    for (int j = 0; j < k; ++j) {
      HASTEN_ASSIGN(const int64_t entry, index.At(i * k + j, data.dims[static_cast<size_t>(j)]));
      at += entry * strides[static_cast<size_t>(j)];
    }
    CopyBytes(c.input(2).data + i * run, c.output(0).data + at * size, run);
  }
  return {};
}

Status Run(KernelCall& c) {
  if (c.phase == 1) return WriteRuns(c);
  const int64_t bytes = c.input(0).bytes();
  const int64_t first = bytes * c.chunk / c.chunks, last = bytes * (c.chunk + 1) / c.chunks;
  if (first < last) std::memcpy(c.output(0).data + first, c.input(0).data + first, static_cast<size_t>(last - first));
  return {};
}

constexpr std::string_view kOps[] = {"ScatterND"};

}  // namespace

extern const Tactic kScatterNdRuns = {
    .name = "scatter_nd_runs",
    .ops = kOps,
    .supports = Supports,
    .speed = 4,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
