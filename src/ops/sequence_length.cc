#include "ops/sequence.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(InferElement(c, 0).status());
  c.Out(0, DType::kI64, Shape::Scalar());
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(const std::vector<Value>* elements, ElementsOf(c, 0));
  c.output(0).SetInt(0, static_cast<int64_t>(elements->size()));
  return {};
}

constexpr OnnxVersion kVersions[] = {{11}};

}  // namespace

extern const OpDef kSequenceLength = {
    .name = "SequenceLength",
    .doc = "The number of elements of a sequence, an i64 scalar.",
    .arity = {1, 1},
    .onnx = {"", "SequenceLength", kVersions},
    .infer = Infer,
    .eval = Eval,
};

}  // namespace hasten::ops
