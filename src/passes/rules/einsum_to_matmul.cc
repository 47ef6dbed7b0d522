#include <algorithm>

#include "passes/contraction.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Einsum"};
constexpr int kTransposeCost = 4;  // beside a node that copies nothing

bool IsServed(DType t, Target target) {
  constexpr DType kFiles[] = {DType::kF32, DType::kF64, DType::kF16, DType::kI32, DType::kI64};  // by ONNX Runtime, too
  constexpr DType kRuns[] = {DType::kBF16, DType::kU32, DType::kU64};
  return std::find(std::begin(kFiles), std::end(kFiles), t) != std::end(kFiles) ||
         (target == Target::kRun && std::find(std::begin(kRuns), std::end(kRuns), t) != std::end(kRuns));
}

// Constants that serve nothing else are moved before any run: see fold_constant.
bool MovesBeforehand(const RewriteContext& c, ValueId v) {
  const PassOptions& o = c.options();
  const Tensor* t = c.value(v).constant ? c.Known(v) : nullptr;
  return t && c.OnlyUse(v) && t->bytes() <= o.fold_bytes && static_cast<double>(t->elements()) <= o.fold_flops &&
         std::find(o.off.begin(), o.off.end(), "fold_constant") == o.off.end();
}

// Of all nodes but the product.
int CostOf(const RewriteContext& c, NodeId n, const Lowering& l) {
  int cost = 0;
  const auto add = [&](const std::vector<Movement>& steps) {
    for (const Movement& m : steps) cost += m.op == "Transpose" ? kTransposeCost : 1;
  };
  for (size_t i = 0; i < c.node(n).inputs.size(); ++i)
    if (!MovesBeforehand(c, c.node(n).inputs[i])) add(l.operands[i]);
  add(l.result);
  return cost;
}

bool IsOneNode(const RewriteContext& c, NodeId n, const Lowering& l) {
  return l.product.empty() ? l.operands[0].size() < 2 : CostOf(c, n, l) == 0;
}

Result<ValueId> AddMovements(RewriteContext& c, const std::vector<Movement>& steps, ValueId x, NodeId n) {
  for (const Movement& m : steps) {
    if (m.op == "Transpose") {
      HASTEN_ASSIGN(x, c.Add(m.op, {x}, n, {{"perm", m.ints}}));
      continue;
    }
    const std::string_view what = m.op == "Reshape" ? ".shape" : ".axes";
    const ValueId ints = c.AddConstant(Str(c.value(c.node(n).outputs[0]).name, what), VectorI64(m.ints));
    HASTEN_ASSIGN(
        x, m.op == "ReduceSum" ? c.Add(m.op, {x, ints}, n, {{"keepdims", int64_t{0}}}) : c.Add(m.op, {x, ints}, n));
  }
  return x;
}

Result<ValueId> AddLowering(RewriteContext& c, const Lowering& l, NodeId n) {
  const std::vector<ValueId> inputs = c.node(n).inputs;
  HASTEN_ASSIGN(const ValueId a, AddMovements(c, l.operands[0], inputs[0], n));
  if (l.product.empty()) return l.operands[0].empty() ? c.Add("Identity", {a}, n) : Result<ValueId>(a);
  HASTEN_ASSIGN(const ValueId b, AddMovements(c, l.operands[1], inputs[1], n));
  std::vector<NamedAttr> attrs;
  if (l.product == "Gemm")
    attrs = {{"transA", int64_t{l.transposed[l.swapped]}}, {"transB", int64_t{l.transposed[!l.swapped]}}};
  HASTEN_ASSIGN(const ValueId y, c.Add(l.product, {l.swapped ? b : a, l.swapped ? a : b}, n, attrs));
  return AddMovements(c, l.result, y, n);
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId y = c.node(n).outputs[0];
  const bool is_file = c.options().target == Target::kFile;
  const size_t operands = c.node(n).inputs.size();
  if (y == kNone || !c.node(n).epilogue.empty() || operands > 2 || !IsServed(c.type(y).dtype, c.options().target))
    return false;
  auto e = ContractionOf(c, n);
  if (!e) return false;
  // Kernels of runs take no vectors; those of ONNX Runtime are slow where the second operand is one.
  auto ways = operands == 1 ? std::vector{LowerToReduction(*std::move(e))}
                            : LowerToProduct(*std::move(e), is_file, IsFloat(c.type(y).dtype));
  if (is_file) std::erase_if(ways, [&](const Lowering& l) { return !IsOneNode(c, n, l); });
  const auto best = std::min_element(ways.begin(), ways.end(), [&](const Lowering& a, const Lowering& b) {
    return CostOf(c, n, a) < CostOf(c, n, b);
  });
  if (best == ways.end()) return false;
  HASTEN_ASSIGN(const ValueId out, AddLowering(c, *best, n));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kEinsumToMatmul = {
    .name = "einsum_to_matmul",
    .doc =
        "Einsum of two operands -> MatMul, Gemm or Mul, of one -> ReduceSum or Transpose; for runs with the movement "
        "that lays the operands and the result out, for files where one node does.",
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
