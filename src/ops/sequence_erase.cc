#include "ops/sequence.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_ASSIGN(Type element, InferElement(c, 0));
  HASTEN_TRY(RequireIndex(c, 1));
  c.Out(0, Type::Sequence(std::move(element)));
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(const std::vector<Value>* elements, ElementsOf(c, 0));
  const auto n = static_cast<int64_t>(elements->size());
  HASTEN_REQUIRE(n > 0, "cannot erase from an empty sequence");
  HASTEN_ASSIGN(const int64_t at, IndexOf(c, 1, n, n, n - 1));
  std::vector<Value> rest = *elements;
  rest.erase(rest.begin() + at);
  c.Set(0, Value::Sequence(c.value(0).element_dtype(), std::move(rest)));
  return {};
}

constexpr OnnxVersion kVersions[] = {{11}};

}  // namespace

extern const OpDef kSequenceErase = {
    .name = "SequenceErase",
    .doc = "The sequence without its element i (the last, if i is absent); negative i counts from the end.",
    .arity = {1, 2},
    .onnx = {"", "SequenceErase", kVersions},
    .infer = Infer,
    .eval = Eval,
};

}  // namespace hasten::ops
