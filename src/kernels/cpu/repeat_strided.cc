#include "kernels/cpu/strided_copy.h"
#include "ops/movement.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

bool Supports(const PlanCall& call) { return MovesByBytes(call.in[0].dtype); }

// Each axis of the output is a pair: repeats, entries.  Expand repeats axes of one entry, Tile any.
Status Run(KernelCall& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output(0);
  if (y.elements() == 0) return {};
  const Dims from = StridesOf(x.dims), to = StridesOf(y.dims);
  std::array<int64_t, 2 * Dims::kMaxRank> dims, from_strides, to_strides;
  const size_t rank = y.dims.size(), missing = rank - x.dims.size();
  for (size_t i = 0; i < rank; ++i) {
    const int64_t entries = i < missing ? 1 : x.dims[i - missing];
    dims[2 * i] = y.dims[i] / entries;
    dims[2 * i + 1] = entries;
    from_strides[2 * i] = 0;
    from_strides[2 * i + 1] = i < missing ? 0 : from[i - missing];
    to_strides[2 * i] = entries * to[i];
    to_strides[2 * i + 1] = to[i];
  }
  const auto copy = StridedCopy::Of(BytesFor(x.dtype, 1), std::span(dims).first(2 * rank),
                                    std::span(from_strides).first(2 * rank), std::span(to_strides).first(2 * rank));
  copy.RunChunk(c.chunk, c.chunks, x.data, y.data);
  return {};
}

constexpr std::string_view kOps[] = {"Expand", "Tile"};

}  // namespace

extern const Tactic kRepeatStrided = {
    .name = "repeat_strided",
    .ops = kOps,
    .supports = Supports,
    .speed = 4,
    .bind = BindByBytes,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
