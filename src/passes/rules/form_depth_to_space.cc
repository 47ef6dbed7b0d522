#include "ops/depth_space.h"
#include "passes/attributes.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Reshape"};
using Perm = std::vector<int64_t>;
constexpr int kColumnFirst = 11;  // opset of DepthToSpace with mode CRD

// Which of the six axes between the Reshapes are what.
struct Spelling {
  std::string_view op, mode;
  Perm perm;
  int channel, row, column, row_in_block, column_in_block;
};
// SpaceToDepth has no other mode up to opset 27.
const Spelling kSpellings[] = {{"DepthToSpace", "DCR", {0, 3, 4, 1, 5, 2}, 3, 4, 5, 1, 2},
                               {"DepthToSpace", "CRD", {0, 1, 4, 2, 5, 3}, 1, 4, 5, 2, 3},
                               {"SpaceToDepth", "DCR", {0, 3, 5, 1, 2, 4}, 1, 2, 4, 3, 5}};

// What ONNX Runtime has kernels for.
bool IsServed(DType t) { return t == DType::kF32 || t == DType::kF64 || t == DType::kF16; }

bool IsRanked(const Type& t, int rank) { return t.is_tensor() && t.shape.ranked() && t.shape.rank() == rank; }

// The length of a block's sides, if x is cut into blocks, cut[axes], that make up y.
std::optional<int64_t> BlockOf(const Spelling& s, const Shape& x, const Shape& cut, const Shape& y) {
  const Dim &side = cut[s.row_in_block], &channels = cut[s.channel], &rows = cut[s.row], &columns = cut[s.column];
  if (!side.is_const() || side.value() < 2 || !(side == cut[s.column_in_block])) return std::nullopt;
  const Shape deep{cut[0], channels * side * side, rows, columns}, wide{cut[0], channels, rows * side, columns * side};
  const bool deepens = s.op == "SpaceToDepth";
  return x == (deepens ? wide : deep) && y == (deepens ? deep : wide) ? std::optional(side.value()) : std::nullopt;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId y = c.node(n).outputs[0], swapped = c.node(n).inputs[0];
  const NodeId transpose = c.Producer(swapped, "Transpose");
  if (transpose == kNone || !c.OnlyUse(swapped)) return false;
  const ValueId cut = c.node(transpose).inputs[0];
  const NodeId reshape = c.Producer(cut, "Reshape");
  if (reshape == kNone || !c.OnlyUse(cut)) return false;
  const ValueId x = c.node(reshape).inputs[0];
  if (!IsRanked(c.type(x), 4) || !IsRanked(c.type(cut), 6) || !IsRanked(c.type(y), 4) || !IsServed(c.type(x).dtype))
    return false;
  for (const NodeId m : {n, transpose, reshape})
    if (!c.node(m).epilogue.empty()) return false;
  const Perm perm = PermOf(c.node(transpose));
  for (const Spelling& s : kSpellings) {
    if (perm != s.perm || (s.mode == "CRD" && c.options().opset > 0 && c.options().opset < kColumnFirst)) continue;
    const auto side = BlockOf(s, c.type(x).shape, c.type(cut).shape, c.type(y).shape);
    if (!side) continue;
    HASTEN_ASSIGN(const ValueId out, c.Add(s.op, {x}, n, {{"blocksize", *side}, {"mode", std::string(s.mode)}}));
    c.Replace(y, out);
    return true;
  }
  return false;
}

}  // namespace

extern const Rule kFormDepthToSpace = {
    .name = "form_depth_to_space",
    .doc =
        "Reshape of an image's channels to blocks, Transpose and Reshape that lay the blocks out -> DepthToSpace, in "
        "either mode; the other way round, block by block -> SpaceToDepth.",
    .stage = Stage::kMerge,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
