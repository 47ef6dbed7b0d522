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

std::vector<Sample> Samples() {
  return {{"rows", {{DType::kF32, {2, 3, 5, 7}}}, {{"to", int64_t{1}}}},
          {"one channel", {{DType::kF32, {2, 1, 5}}}, {{"to", int64_t{1}}}},
          {"many channels", {{DType::kF32, {1, 37, 19}}}, {{"to", int64_t{0}}}},
          {"bytes", {{DType::kU8, {1, 4, 2, 3}, 0, 255}}, {{"to", int64_t{0}}}}};
}

}  // namespace

extern const OpDef kReorder = {
    .name = "Reorder",
    .doc = "y = x, in another layout. x, y: [N, C, d...]. Made by the planner; has no form in ONNX.",
    .attrs = SchemaOf<ReorderAttrs>(kFields),
    .arity = {1, 1},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops
