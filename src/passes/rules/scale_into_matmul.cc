#include <cmath>

#include "passes/matrix_form.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"MatMul", "com.microsoft.FusedMatMul", "Mul", "Div"};

// The product n takes the factors of its operands in.
bool TakeOperands(const RewriteContext& c, MatrixForm* form) {
  bool found = false;
  for (ValueId* v : {&form->a, &form->b}) {
    const NodeId producer = c.value(*v).producer;
    const auto scaled = producer == kNone || !c.OnlyUse(*v) ? std::nullopt : ScaledBy(c, producer);
    if (!scaled || !std::isnormal(form->alpha * scaled->factor)) continue;
    form->alpha *= scaled->factor;
    *v = scaled->x;
    found = true;
  }
  return found;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  auto form = MatrixFormOf(c, n);
  if (form) {
    if (!TakeOperands(c, &*form)) return false;
  } else {
    const auto scaled = ScaledBy(c, n);
    const NodeId product = scaled && c.OnlyUse(scaled->x) ? c.value(scaled->x).producer : kNone;
    form = product == kNone ? std::nullopt : MatrixFormOf(c, product);
    if (!form || !std::isnormal(form->alpha * scaled->factor)) return false;
    form->alpha *= scaled->factor;
  }
  HASTEN_ASSIGN(const ValueId out, AddFusedMatMul(c, *form, n));
  c.Replace(c.node(n).outputs[0], out);
  return true;
}

}  // namespace

extern const Rule kScaleIntoMatmul = {
    .name = "scale_into_matmul",
    .doc =
        "MatMul of f32 with an operand or a result that is multiplied or divided by one constant -> "
        "com.microsoft.FusedMatMul.",
    .stage = Stage::kContrib,
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
