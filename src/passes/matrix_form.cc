#include "passes/matrix_form.h"

#include <cmath>

#include "passes/attributes.h"

namespace hasten {

std::optional<MatrixForm> MatrixFormOf(const RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  if (!node.op || (node.op->name != "MatMul" && node.op->name != "com.microsoft.FusedMatMul") ||
      !node.epilogue.empty() || c.type(node.outputs[0]).dtype != DType::kF32)
    return std::nullopt;
  const auto flag = [&](std::string_view name) { return AttrOr<int64_t>(node, name, 0) != 0; };
  if (flag("transBatchA") || flag("transBatchB")) return std::nullopt;
  for (size_t i : {size_t{0}, size_t{1}}) {
    const Shape& shape = c.type(node.inputs[i]).shape;
    if (!shape.ranked() || shape.rank() < 2) return std::nullopt;
  }
  return MatrixForm{node.inputs[0], node.inputs[1], AttrOr<float>(node, "alpha", 1), flag("transA"), flag("transB")};
}

Result<ValueId> AddFusedMatMul(RewriteContext& c, const MatrixForm& m, NodeId before) {
  return c.Add("com.microsoft.FusedMatMul", {m.a, m.b}, before,
               {{"alpha", m.alpha}, {"transA", int64_t{m.trans_a ? 1 : 0}}, {"transB", int64_t{m.trans_b ? 1 : 0}}});
}

std::optional<Scaled> ScaledBy(const RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const bool is_mul = node.op && node.op->name == "Mul", is_div = node.op && node.op->name == "Div";
  if ((!is_mul && !is_div) || !node.epilogue.empty()) return std::nullopt;
  for (size_t i : {size_t{1}, size_t{0}}) {
    if (is_div && i == 0) break;
    const Tensor* t = c.Known(node.inputs[i]);
    const ValueId x = node.inputs[1 - i];
    if (!t || t->elements() != 1 || t->dtype != DType::kF32 || !(c.type(x) == c.type(node.outputs[0]))) continue;
    const auto factor = static_cast<float>(is_mul ? t->Double(0) : 1 / t->Double(0));
    if (std::isnormal(factor)) return Scaled{x, factor};
  }
  return std::nullopt;
}

}  // namespace hasten
