#include "ops/sequence.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  const Type& type = c.type(0);
  c.Out(0, type.kind == Type::Kind::kOptional ? (type.element ? *type.element : Type()) : type);
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_REQUIRE(c.has(0), "must be given an optional that holds something, is given an empty one");
  return Return(c, 0, c.value(0));
}

constexpr OnnxVersion kVersions[] = {{15}, {18}, {28}};

std::vector<Sample> Samples() {
  return {{"a tensor", {{DType::kF32, {2, 3}}}}, {"a scalar", {{DType::kI64, {}, -9, 9}}}};
}

}  // namespace

extern const OpDef kOptionalGetElement = {
    .name = "OptionalGetElement",
    .doc = "What an optional holds, or the input itself if it is no optional. An empty optional is an error.",
    .arity = {1, 1},
    .onnx = {"", "OptionalGetElement", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops
