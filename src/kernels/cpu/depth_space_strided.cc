#include "kernels/cpu/strided_copy.h"
#include "ops/depth_space.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

bool Supports(const PlanCall& call) { return MovesByBytes(call.in[0].dtype); }

// Strides over [batch, channel, row, row in block, column, column in block], as StridesOfBlocks gives them for plain
// operands.
DepthSpaceStrides BlockStrides(const Dims& deep, const DepthSpaceAttrs& a, Layout layout) {
  DepthSpaceStrides s = StridesOfBlocks(deep, a);
  if (layout != Layout::kChannelsLast) return s;
  const int64_t b = *a.blocksize, c = deep[1] / (b * b), h = deep[2], w = deep[3];
  const int64_t of_channel = a.mode == "DCR" ? 1 : b * b, of_block = a.mode == "DCR" ? c : 1;
  s.deep = {h * w * deep[1], of_channel, w * deep[1], b * of_block, deep[1], of_block};
  s.wide = {h * w * deep[1], 1, b * w * b * c, w * b * c, b * c, c};
  return s;
}

Status Run(KernelCall& c) {
  const auto& a = c.attrs<DepthSpaceAttrs>();
  const Tensor& x = c.input(0);
  Tensor& y = c.output(0);
  const bool to_space = y.dims[1] < x.dims[1];
  const DepthSpaceStrides s = BlockStrides(to_space ? x.dims : y.dims, a, c.layout);
  const auto copy =
      StridedCopy::Of(BytesFor(x.dtype, 1), s.dims, to_space ? s.deep : s.wide, to_space ? s.wide : s.deep);
  copy.RunChunk(c.chunk, c.chunks, x.data, y.data);
  return {};
}

constexpr std::string_view kOps[] = {"DepthToSpace", "SpaceToDepth"};

}  // namespace

extern const Tactic kDepthSpaceStrided = {
    .name = "depth_space_strided",
    .ops = kOps,
    .supports = Supports,
    .layouts = Layouts::kEither,
    .speed = 4,
    .bind = BindByBytes,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
