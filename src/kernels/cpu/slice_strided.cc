#include "kernels/cpu/strided_copy.h"
#include "ops/slice.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

bool Supports(const PlanCall& call) { return MovesByBytes(call.in[0].dtype); }

Status Run(KernelCall& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output(0);
  if (y.elements() == 0) return {};
  HASTEN_ASSIGN(const SliceParts parts, SlicePartsOf(c));
  Dims from = LogicalStrides(x.dims, c.layout);
  int64_t at = 0;
  for (size_t i = 0; i < from.size(); ++i) {
    at += parts[i].start * from[i];
    from[i] *= parts[i].stride();
  }
  const auto copy = StridedCopy::Of(BytesFor(x.dtype, 1), y.dims, from, LogicalStrides(y.dims, c.layout), at);
  copy.RunChunk(c.chunk, c.chunks, x.data, y.data);
  return {};
}

constexpr std::string_view kOps[] = {"Slice"};

}  // namespace

extern const Tactic kSliceStrided = {
    .name = "slice_strided",
    .ops = kOps,
    .supports = Supports,
    .layouts = Layouts::kEither,
    .speed = 4,
    .bind = BindByBytes,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
