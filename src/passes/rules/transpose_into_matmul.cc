#include "passes/attributes.h"
#include "passes/matrix_form.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"MatMul", "com.microsoft.FusedMatMul"};

// What v is with its last two axes swapped, if it serves nothing else; kNone if it is no such thing.
ValueId Swapped(const RewriteContext& c, ValueId v) {
  const NodeId n = c.Producer(v, "Transpose");
  if (n == kNone || !c.OnlyUse(v)) return kNone;
  auto perm = PermOf(c.node(n));
  if (perm.size() < 2) return kNone;
  std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
  for (size_t i = 0; i < perm.size(); ++i)
    if (perm[i] != static_cast<int64_t>(i)) return kNone;
  return c.node(n).inputs[0];
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  auto form = MatrixFormOf(c, n);
  if (!form) return false;
  const ValueId a = Swapped(c, form->a), b = Swapped(c, form->b);
  if (a == kNone && b == kNone) return false;
  if (a != kNone) {
    form->a = a;
    form->trans_a = !form->trans_a;
  }
  if (b != kNone) {
    form->b = b;
    form->trans_b = !form->trans_b;
  }
  HASTEN_ASSIGN(const ValueId out, AddFusedMatMul(c, *form, n));
  c.Replace(c.node(n).outputs[0], out);
  return true;
}

}  // namespace

extern const Rule kTransposeIntoMatmul = {
    .name = "transpose_into_matmul",
    .doc = "MatMul of f32 with operands whose last two axes a Transpose swaps -> com.microsoft.FusedMatMul.",
    .stage = Stage::kContrib,
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
