#include "kernels/cpu/indices.h"
#include "kernels/cpu/strided_copy.h"
#include "ops/gather.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

bool Supports(const PlanCall& call) { return MovesByBytes(call.in[0].dtype) && IsIndex(call.in[1].dtype); }

Status Run(KernelCall& c) {
  const Tensor &x = c.input(0), &indices = c.input(1);
  HASTEN_ASSIGN(const int axis, NormalizeAxis(c.attrs<GatherAttrs>().axis, x.dims.rank()));
  const int64_t outer = x.dims.Product(0, axis), dim = x.dims[static_cast<size_t>(axis)], n = indices.elements();
  const int64_t size = BytesFor(x.dtype, 1), run = x.dims.Product(axis + 1, x.dims.rank()) * size;
  const int64_t first = outer * n * c.chunk / c.chunks, last = outer * n * (c.chunk + 1) / c.chunks;
  if (first >= last) return {};
  const IndexReader index(indices);
  std::byte* to = c.output(0).data + first * run;
  int64_t o = first / n, i = first % n;
  for (int64_t k = first; k < last; ++k, to += run) {
    HASTEN_ASSIGN(const int64_t at, index.At(i, dim));
    CopyBytes(x.data + (o * dim + at) * run, to, run);
    if (++i == n) i = 0, ++o;
  }
  return {};
}

constexpr std::string_view kOps[] = {"Gather"};

}  // namespace

extern const Tactic kGatherRows = {
    .name = "gather_rows",
    .ops = kOps,
    .supports = Supports,
    .speed = 4,
    .bind = BindByBytes,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
