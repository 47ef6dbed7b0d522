#include "ops/reduction.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"ReduceSum", "Sqrt"};

// What v is the square of; kNone: it is none.
ValueId SquareRoot(const RewriteContext& c, ValueId v) {
  if (const NodeId mul = c.Producer(v, "Mul"); mul != kNone) {
    const Node& node = c.node(mul);
    return node.inputs[0] == node.inputs[1] && node.epilogue.empty() ? node.inputs[0] : kNone;
  }
  const NodeId pow = c.Producer(v, "Pow");
  if (pow == kNone || !c.node(pow).epilogue.empty()) return kNone;
  const Tensor* exponent = c.Known(c.node(pow).inputs[1]);
  return exponent && exponent->elements() == 1 && exponent->Double(0) == 2 ? c.node(pow).inputs[0] : kNone;
}

// The reduction of x with that name in place of the node n, which has reduced something made of x.
Result<bool> ReplaceByReduction(RewriteContext& c, NodeId n, NodeId reduction, std::string_view op, ValueId x) {
  const ValueId y = c.node(n).outputs[0];
  std::vector<ValueId> inputs = c.node(reduction).inputs;
  inputs[0] = x;
  const auto attrs = c.node(reduction).attrs.as<ReduceAttrs>();
  HASTEN_ASSIGN(const ValueId out, c.Add(op, std::move(inputs), n,
                                         {{"keepdims", int64_t{attrs.keepdims}},
                                          {"noop_with_empty_axes", int64_t{attrs.noop_with_empty_axes}}}));
  c.Replace(y, out);
  return true;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId v = c.node(n).inputs[0];
  if (!c.node(n).epilogue.empty() || !c.OnlyUse(v) || c.type(v).dtype != DType::kF32) return false;
  if (c.node(n).op->name == "Sqrt") {
    const NodeId squares = c.Producer(v, "ReduceSumSquare");
    if (squares == kNone || !c.node(squares).epilogue.empty()) return false;
    return ReplaceByReduction(c, n, squares, "ReduceL2", c.node(squares).inputs[0]);
  }
  if (c.node(n).attrs.as<ReduceAttrs>().noop_with_empty_axes) return false;
  if (const ValueId x = SquareRoot(c, v); x != kNone && c.type(x) == c.type(v))
    return ReplaceByReduction(c, n, n, "ReduceSumSquare", x);
  const NodeId abs = c.Producer(v, "Abs");
  if (abs == kNone || !c.node(abs).epilogue.empty()) return false;
  return ReplaceByReduction(c, n, n, "ReduceL1", c.node(abs).inputs[0]);
}

}  // namespace

extern const Rule kFormNorm = {
    .name = "form_norm",
    .doc = "ReduceSum of x * x, x ^ 2 or |x| of f32 -> ReduceSumSquare or ReduceL1; Sqrt of the first -> ReduceL2.",
    .stage = Stage::kMerge,
    .numerics = Numerics::kReassociated,
    .target = Target::kRun,  // ONNX Runtime's kernels take up to three times as long as these nodes
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
