#include "ops/reorder.h"

#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

constexpr AttrField kFields[] = {InternalField<&ReorderAttrs::to>("to")};

Status Infer(InferCall& c) { return InferSameAsInput(c); }

// References know one layout only.
Status Eval(KernelCall& c) {
  CopyElements(c.input(0), 0, &c.output(0), 0, c.input(0).elements());
  return {};
}

}  // namespace

extern const OpDef kReorder = {
    .name = "Reorder",
    .doc = "y = x, in another layout. x, y: [N, C, d...]. Made by the planner; has no form in ONNX.",
    .attrs = SchemaOf<ReorderAttrs>(kFields),
    .arity = {1, 1},
    .infer = Infer,
    .eval = Eval,
};

}  // namespace hasten::ops
