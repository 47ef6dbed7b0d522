#include "ops/op.h"

namespace hasten::ops {
namespace {

struct OptionalAttrs {
  std::optional<Type> type;
};
constexpr AttrField kFields[] = {Field<&OptionalAttrs::type>("type")};

Status Infer(InferCall& c) {
  const auto& attrs = c.attrs<OptionalAttrs>();
  HASTEN_REQUIRE(c.has(0) || attrs.type, "must have an input or the attribute type");
  Type element = attrs.type ? *attrs.type : Type();
  if (c.has(0) && c.type(0).known()) {
    HASTEN_TRY(Join(element, c.type(0)).status());
    element = c.type(0);
  }
  c.Out(0, Type::Optional(std::move(element)));
  return {};
}

Status Eval(KernelCall& c) {
  if (!c.has(0)) {
    c.Set(0, Value());
    return {};
  }
  HASTEN_ASSIGN(Value v, c.Keep(c.value(0)));
  c.Set(0, std::move(v));
  return {};
}

constexpr OnnxVersion kVersions[] = {{15}, {28}};

}  // namespace

extern const OpDef kOptional = {
    .name = "Optional",
    .doc = "An optional that holds the input, or an empty one of the attribute's type if there is none.",
    .attrs = SchemaOf<OptionalAttrs>(kFields),
    .arity = {0, 1},
    .onnx = {"", "Optional", kVersions},
    .infer = Infer,
    .eval = Eval,
};

}  // namespace hasten::ops
