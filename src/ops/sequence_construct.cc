#include "ops/sequence.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  std::optional<Type> element;
  for (int i = 0; i < c.inputs(); ++i) {
    HASTEN_TRY(c.RequireTensor(i));
    HASTEN_TRY(c.RequireSameDType(0, i));
    if (!element) {
      element = c.type(i);
    } else {
      HASTEN_ASSIGN(element, Join(*element, c.type(i)));
    }
  }
  c.Out(0, Type::Sequence(element ? *element : Type()));
  return {};
}

Status Eval(KernelCall& c) {
  std::vector<Value> elements;
  for (int i = 0; i < c.inputs(); ++i) {
    HASTEN_REQUIRE(c.has(i), "input ", i, " must be there");
    HASTEN_ASSIGN(elements.emplace_back(), c.Keep(c.value(i)));
  }
  const DType dtype = elements.empty() || !elements[0].is_tensor() ? DType::kNone : elements[0].tensor().dtype;
  c.Set(0, Value::Sequence(dtype, std::move(elements)));
  return {};
}

constexpr OnnxVersion kVersions[] = {{11}};

}  // namespace

extern const OpDef kSequenceConstruct = {
    .name = "SequenceConstruct",
    .doc = "The sequence of the inputs, which have one dtype and any shapes.",
    .arity = {1, kMany},
    .onnx = {"", "SequenceConstruct", kVersions},
    .infer = Infer,
    .eval = Eval,
};

}  // namespace hasten::ops
