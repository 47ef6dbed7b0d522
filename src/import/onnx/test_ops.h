// A catalogue with ops that only tests have, so that they do not depend on what the built-in ones do.
#pragma once
#include "ops/op.h"

namespace hasten::onnx::test {

struct StretchAttrs {
  int64_t times = 2;
  std::optional<float> bias;
  std::vector<int64_t> axes;
  int64_t secret = 0;
};
inline constexpr AttrField kStretchFields[] = {
    Field<&StretchAttrs::times>("times"),
    Field<&StretchAttrs::bias>("bias"),
    Field<&StretchAttrs::axes>("axes"),
    InternalField<&StretchAttrs::secret>("secret"),
};

// test.Stretch: up to version 2 "by" was an attribute, in 3 and 4 an input; at version 5 the result is doubled, so that
// older forms need a helper behind them; version 1 called "times" "count".
inline constexpr OnnxVersion kStretchVersions[] = {
    {1,
     [](OnnxNode& n) {
       if (auto v = n.Take("count")) n.Set("times", *v);
       return Status();
     },
     [](OnnxNode& n) {
       if (auto v = n.Take("times")) n.Set("count", *v);
       return Status();
     }},
    {2, [](OnnxNode& n) { return AttrIntToInput(n, "by", 1); }, [](OnnxNode& n) { return InputToAttrInt(n, "by", 1); }},
    {3,
     [](OnnxNode& n) {
       n.EmitAfter(0, "Neg", {});
       return Status();
     },
     [](OnnxNode& n) {
       n.EmitAfter(0, "Neg", {});
       return Status();
     }},
    {5},
};

inline Status SameAsFirst(InferCall& c) {
  c.Out(0, c.type(0));
  return {};
}

inline const OpDef kStretch = {
    .name = "test.Stretch",
    .doc = "a test op",
    .attrs = SchemaOf<StretchAttrs>(kStretchFields),
    .arity = {1, 2},
    .onnx = {"test", "Stretch", kStretchVersions},
    .infer = SameAsFirst,
};

struct ChooseAttrs {
  GraphPtr then_branch, else_branch;
};
inline constexpr AttrField kChooseFields[] = {
    Field<&ChooseAttrs::then_branch>("then_branch"),
    Field<&ChooseAttrs::else_branch>("else_branch"),
};
inline Status InferChoose(InferCall& c) {
  const auto& attrs = c.attrs<ChooseAttrs>();
  HASTEN_ASSIGN(const std::vector<Type> results, c.driver->InferBody(attrs.then_branch.get(), {}, *c.node));
  HASTEN_TRY(std::move(c.driver->InferBody(attrs.else_branch.get(), {}, *c.node)).status());
  c.Out(0, results[0]);
  return {};
}
inline constexpr OnnxVersion kOnlyVersion[] = {{1}};
inline const OpDef kChoose = {
    .name = "test.Choose",
    .doc = "a test op with graphs",
    .attrs = SchemaOf<ChooseAttrs>(kChooseFields),
    .arity = {1, 1, 1, kMany},
    .onnx = {"test", "Choose", kOnlyVersion},
    .infer = InferChoose,
    .traits = {.region = true},
};

inline const Catalog& TestCatalog() {
  static constexpr const OpDef* kOwn[] = {&kChoose, &kStretch};
  static const Catalog catalog{kOwn};
  return catalog;
}

}  // namespace hasten::onnx::test
