#include <algorithm>

#include "passes/elementwise.h"
#include "passes/grow.h"

namespace hasten::rules {
namespace {

// The operand that has the output's whole shape: the first that is not constant, else the first.
ValueId FullOperand(const RewriteContext& c, NodeId n) {
  const std::vector<ValueId> inputs = PointwiseInputs(c, n);
  ValueId full = kNone;
  for (ValueId v : inputs) {
    if (!(c.type(v).shape == c.type(c.node(n).outputs[0]).shape)) continue;
    if (full == kNone || (c.Known(full) && !c.Known(v))) full = v;
  }
  return full;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  if (!c.node(n).op || c.node(n).op->name == "Pointwise")
    return c.node(n).op ? GrowEpilogue(c, n) : Result<bool>(false);
  if (!IsPointwise(c, n)) return false;
  const ValueId full = FullOperand(c, n), y = c.node(n).outputs[0];
  if (full == kNone) return false;
  ProgramBuilder program;
  const auto at = [&](ValueId v) { return v == full ? ProgramBuilder::kHost : program.Operand(v); };
  for (ValueId v : PointwiseInputs(c, n))
    if (!FitsInto(c.type(v).shape, c.type(y).shape)) return false;
  const auto result = CompilePointwise(c, n, at, &program);
  Node made;
  made.op = c.options().catalog->Find("Pointwise");
  made.attrs = Attrs(made.op->attrs);
  std::vector<ValueId> operands;
  made.epilogue = program.Finish(result, &operands);
  made.inputs = {full};
  made.inputs.insert(made.inputs.end(), operands.begin(), operands.end());
  made.epilogue_operands = static_cast<uint32_t>(operands.size());
  HASTEN_ASSIGN(const ValueId out, c.AddNode(std::move(made), n));
  c.Replace(y, out);
  HASTEN_TRY(GrowEpilogue(c, c.value(out).producer).status());
  return true;
}

}  // namespace

extern const Rule kFormPointwise = {
    .name = "form_pointwise",
    .doc = "A connected group of f32 elementwise nodes with one output that others see -> Pointwise.",
    .stage = Stage::kPointwise,
    .numerics = Numerics::kReassociated,
    .apply = Apply,
};

}  // namespace hasten::rules
