#include "ops/gemm.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Reshape"};

bool IsRow(const Shape& s) { return s.ranked() && (s.rank() == 1 || (s.rank() == 2 && s[0].is(1))); }

// What `flat` is a view of, [.., K] as [rows, K], with more axes.
ValueId UnflattenedOf(const RewriteContext& c, ValueId flat) {
  const NodeId view = c.Producer(flat, "Reshape") != kNone ? c.Producer(flat, "Reshape") : c.Producer(flat, "Flatten");
  if (view == kNone) return kNone;
  const ValueId x = c.node(view).inputs[0];
  const Shape &from = c.type(x).shape, &to = c.type(flat).shape;
  if (!from.ranked() || from.rank() < 3 || !to.ranked() || to.rank() != 2 || !to[1].is_const() ||
      !(from[from.rank() - 1] == to[1]) || to[1].is(0))
    return kNone;
  return x;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId flat = c.node(n).inputs[0], y = c.node(n).outputs[0];
  const NodeId gemm = c.Producer(flat, "Gemm");
  if (gemm == kNone || !c.OnlyUse(flat) || !c.node(gemm).epilogue.empty()) return false;
  const auto a = c.node(gemm).attrs.as<GemmAttrs>();
  const std::vector<ValueId> in = c.node(gemm).inputs;
  const bool has_bias = in.size() > 2 && in[2] != kNone;
  const ValueId x = UnflattenedOf(c, in[0]);
  if (x == kNone || a.alpha != 1 || a.trans_a || (has_bias && (a.beta != 1 || !IsRow(c.type(in[2]).shape))))
    return false;
  const Shape& weight = c.type(in[1]).shape;
  if (!weight.ranked() || (a.trans_b && !c.Known(in[1]))) return false;
  Shape want = c.type(x).shape;
  want[want.rank() - 1] = weight[a.trans_b ? 0 : 1];
  if (!(c.type(y).shape == want)) return false;
  ValueId w = in[1];
  if (a.trans_b) {
    HASTEN_ASSIGN(w, c.Add("Transpose", {w}, n, {{"perm", std::vector<int64_t>{1, 0}}}));
  }
  HASTEN_ASSIGN(ValueId out, c.Add("MatMul", {x, w}, n));
  if (has_bias) {
    HASTEN_ASSIGN(out, c.Add("Add", {out, in[2]}, n));
  }
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kUnflattenGemm = {
    .name = "unflatten_gemm",
    .doc = "Reshape to a matrix, Gemm, and Reshape to the axes that were there -> MatMul, and Add of the bias.",
    .stage = Stage::kMerge,
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
