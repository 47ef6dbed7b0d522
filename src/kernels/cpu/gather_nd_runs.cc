#include "kernels/cpu/indices.h"
#include "kernels/cpu/strided_copy.h"
#include "ops/gather.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

bool Supports(const PlanCall& call) { return MovesByBytes(call.in[0].dtype) && IsIndex(call.in[1].dtype); }

Status Run(KernelCall& c) {
  const Tensor &x = c.input(0), &tuples = c.input(1);
  const auto b = static_cast<int>(c.attrs<GatherNDAttrs>().batch_dims), k = static_cast<int>(tuples.dims.back());
  const Dims strides = StridesOf(x.dims);
  const int64_t batch = x.dims.Product(0, b), batch_stride = x.dims.Product(b, x.dims.rank());
  const int64_t each = tuples.dims.Product(b, tuples.dims.rank() - 1), size = BytesFor(x.dtype, 1);
  const int64_t run = x.dims.Product(b + k, x.dims.rank()) * size;
  const int64_t first = batch * each * c.chunk / c.chunks, last = batch * each * (c.chunk + 1) / c.chunks;
  const IndexReader index(tuples);
  for (int64_t i = first; i < last; ++i) {
    int64_t from = i / each * batch_stride;
    for (int j = 0; j < k; ++j) {
      const auto axis = static_cast<size_t>(b + j);
      HASTEN_ASSIGN(const int64_t at, index.At(i * k + j, x.dims[axis]));
      from += at * strides[axis];
    }
    CopyBytes(x.data + from * size, c.output(0).data + i * run, run);
  }
  return {};
}

constexpr std::string_view kOps[] = {"GatherND"};

}  // namespace

extern const Tactic kGatherNdRuns = {
    .name = "gather_nd_runs",
    .ops = kOps,
    .supports = Supports,
    .speed = 4,
    .bind = BindByBytes,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
