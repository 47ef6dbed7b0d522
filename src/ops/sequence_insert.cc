#include "ops/sequence.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_ASSIGN(Type element, InferElement(c, 0));
  HASTEN_TRY(c.RequireTensor(1));
  HASTEN_TRY(RequireIndex(c, 2));
  if (element.known() && c.type(1).known()) {
    // A sequence made by SequenceEmpty says nothing of shapes: its own elements may all have one.
    HASTEN_ASSIGN(element, Join(element, c.type(1)));
  }
  c.Out(0, Type::Sequence(std::move(element)));
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(const std::vector<Value>* elements, ElementsOf(c, 0));
  HASTEN_REQUIRE(c.has(1), "input 1 must be there");
  const auto n = static_cast<int64_t>(elements->size());
  HASTEN_ASSIGN(const int64_t at, IndexOf(c, 2, n, n + 1, n));
  HASTEN_ASSIGN(Value inserted, c.Keep(c.value(1)));
  const DType dtype = inserted.is_tensor() ? inserted.tensor().dtype : DType::kNone;
  std::vector<Value> all = *elements;
  all.insert(all.begin() + at, std::move(inserted));
  c.Set(0, Value::Sequence(dtype, std::move(all)));
  return {};
}

constexpr OnnxVersion kVersions[] = {{11}};

}  // namespace

extern const OpDef kSequenceInsert = {
    .name = "SequenceInsert",
    .doc =
        "The sequence with a tensor of its dtype put before element i (behind the last, if i is absent or the length); "
        "negative i counts from the end.",
    .arity = {2, 3},
    .onnx = {"", "SequenceInsert", kVersions},
    .infer = Infer,
    .eval = Eval,
};

}  // namespace hasten::ops
