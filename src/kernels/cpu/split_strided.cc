#include "kernels/cpu/strided_copy.h"
#include "ops/split.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

bool Supports(const PlanCall& call) { return MovesByBytes(call.in[0].dtype); }

// Channels last, only output 0 lies so: the others are plain, by their strides.
Status Run(KernelCall& c) {
  const auto& a = c.attrs<SplitAttrs>();
  const Tensor& x = c.input(0);
  HASTEN_ASSIGN(const int logical, NormalizeAxis(a.axis, x.dims.rank()));
  const auto axis = static_cast<size_t>(logical);
  const auto outputs = static_cast<int64_t>(c.out.size());
  std::span<const int64_t> sizes;
  if (c.has(1)) {
    HASTEN_ASSIGN(sizes, c.Ints(1));
  }
  const Dims from = LogicalStrides(x.dims, c.layout);
  int64_t at = 0;
  for (int64_t i = 0; i < outputs; ++i) {
    const int64_t part = sizes.empty() ? EqualSplit(x.dims[axis], a.num_outputs.value_or(outputs), i).value()
                                       : sizes[static_cast<size_t>(i)];
    Tensor* const wanted = c.wants(static_cast<int>(i)) ? &c.output(static_cast<int>(i)) : nullptr;
    if (wanted && wanted->data != x.data + at * from[axis] * BytesFor(x.dtype, 1)) {  // else it is there already
      Tensor& y = *wanted;
      const Dims to = LogicalStrides(y.dims, i == 0 ? c.layout : Layout::kPlain);
      const auto copy = StridedCopy::Of(BytesFor(x.dtype, 1), y.dims, from, to, at * from[axis]);
      copy.RunChunk(c.chunk, c.chunks, x.data, y.data);
    }
    at += part;
  }
  return {};
}

constexpr std::string_view kOps[] = {"Split"};

}  // namespace

extern const Tactic kSplitStrided = {
    .name = "split_strided",
    .ops = kOps,
    .supports = Supports,
    .in_place = true,
    .layouts = Layouts::kEither,
    .speed = 4,
    .bind = BindByBytes,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
