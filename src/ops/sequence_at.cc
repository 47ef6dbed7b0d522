#include "ops/sequence.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_ASSIGN(Type element, InferElement(c, 0));
  HASTEN_TRY(RequireIndex(c, 1));
  c.Out(0, std::move(element));
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(const std::vector<Value>* elements, ElementsOf(c, 0));
  const auto n = static_cast<int64_t>(elements->size());
  HASTEN_REQUIRE(c.has(1), "must have an index");
  HASTEN_ASSIGN(const int64_t at, IndexOf(c, 1, n, n, 0));
  return Return(c, 0, (*elements)[static_cast<size_t>(at)]);
}

constexpr OnnxVersion kVersions[] = {{11}};

}  // namespace

extern const OpDef kSequenceAt = {
    .name = "SequenceAt",
    .doc = "Element i of a sequence; negative i counts from the end.",
    .arity = {2, 2},
    .onnx = {"", "SequenceAt", kVersions},
    .infer = Infer,
    .eval = Eval,
};

}  // namespace hasten::ops
