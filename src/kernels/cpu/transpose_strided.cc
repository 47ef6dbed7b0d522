#include "kernels/cpu/strided_copy.h"
#include "ops/transpose.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

bool Supports(const PlanCall& call) { return MovesByBytes(call.in[0].dtype); }

Status Run(KernelCall& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output(0);
  HASTEN_ASSIGN(const Dims perm, Permutation(c.attrs<TransposeAttrs>(), x.dims.rank()));
  const Dims strides = LogicalStrides(x.dims, c.layout);
  Dims from;
  for (int64_t axis : perm) from.push_back(strides[static_cast<size_t>(axis)]);
  const auto copy = StridedCopy::Of(BytesFor(x.dtype, 1), y.dims, from, LogicalStrides(y.dims, c.layout));
  copy.RunChunk(c.chunk, c.chunks, x.data, y.data);
  return {};
}

constexpr std::string_view kOps[] = {"Transpose"};

}  // namespace

extern const Tactic kTransposeStrided = {
    .name = "transpose_strided",
    .ops = kOps,
    .supports = Supports,
    .layouts = Layouts::kEither,
    .speed = 4,
    .bind = BindByBytes,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
