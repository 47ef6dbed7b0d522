#include "passes/grow.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Add"};
constexpr int kFirstBroadcasting = 7;  // opset of Gemm

bool IsMatrix(const Type& t) { return t.is_tensor() && t.shape.ranked() && t.shape.rank() == 2 && IsFloat(t.dtype); }

Result<bool> Apply(RewriteContext& c, NodeId n) {
  if (c.options().opset > 0 && c.options().opset < kFirstBroadcasting) return false;
  const ValueId y = c.node(n).outputs[0];
  for (size_t i : {size_t{0}, size_t{1}}) {
    const ValueId x = c.node(n).inputs[i], bias = c.node(n).inputs[1 - i];
    const NodeId matmul = c.Producer(x, "MatMul");
    if (matmul == kNone || !c.OnlyUse(x) || !c.node(matmul).epilogue.empty() || !c.node(n).epilogue.empty()) continue;
    const ValueId a = c.node(matmul).inputs[0], b = c.node(matmul).inputs[1];
    if (!IsMatrix(c.type(a)) || !IsMatrix(c.type(b)) || !c.type(bias).is_tensor() || !c.type(bias).shape.ranked() ||
        !FitsInto(c.type(bias).shape, c.type(x).shape))
      continue;
    HASTEN_ASSIGN(const ValueId out, c.Add("Gemm", {a, b, bias}, n));
    c.Replace(y, out);
    return true;
  }
  return false;
}

}  // namespace

extern const Rule kMatmulAddToGemm = {
    .name = "matmul_add_to_gemm",
    .doc = "MatMul of matrices, then Add of what broadcasts to its output -> Gemm.",
    .stage = Stage::kMerge,
    .benefit = 10,
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
