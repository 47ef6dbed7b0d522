#include "ops/dtype_attr.h"
#include "ops/op.h"

namespace hasten::ops {
namespace {

struct SequenceEmptyAttrs {
  int64_t dtype = 1;
};
constexpr AttrField kFields[] = {Field<&SequenceEmptyAttrs::dtype>("dtype")};

Status Infer(InferCall& c) {
  HASTEN_ASSIGN(const DType dtype, DTypeFromAttr(c.attrs<SequenceEmptyAttrs>().dtype));
  c.Out(0, Type::Sequence(Type::Tensor(dtype, Shape::Unknown())));
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(const DType dtype, DTypeFromAttr(c.attrs<SequenceEmptyAttrs>().dtype));
  c.Set(0, Value::Sequence(dtype, {}));
  return {};
}

constexpr OnnxVersion kVersions[] = {{11}};

}  // namespace

extern const OpDef kSequenceEmpty = {
    .name = "SequenceEmpty",
    .doc = "A sequence of no tensors of the given dtype.",
    .attrs = SchemaOf<SequenceEmptyAttrs>(kFields),
    .arity = {0, 0},
    .onnx = {"", "SequenceEmpty", kVersions},
    .infer = Infer,
    .eval = Eval,
};

}  // namespace hasten::ops
