#include "ops/region.h"

namespace hasten::ops {
namespace {

struct IfAttrs {
  GraphPtr then_branch, else_branch;
};
constexpr AttrField kFields[] = {Field<&IfAttrs::then_branch>("then_branch"),
                                 Field<&IfAttrs::else_branch>("else_branch")};

Status CheckBranches(const IfAttrs& attrs, size_t outputs) {
  HASTEN_REQUIRE(attrs.then_branch && attrs.else_branch, "must have attributes then_branch and else_branch");
  const size_t of_then = attrs.then_branch->outputs.size(), of_else = attrs.else_branch->outputs.size();
  HASTEN_REQUIRE(of_then >= outputs && of_else >= outputs, "branches must give ", outputs, " outputs, give ", of_then,
                 " and ", of_else);
  return {};
}

Status Infer(InferCall& c) {
  const auto& attrs = c.attrs<IfAttrs>();
  HASTEN_TRY(CheckBranches(attrs, c.out.size()));
  std::optional<bool> known;
  if (const Tensor* condition = c.constant(0); condition && condition->elements() == 1) known = condition->Int(0) != 0;
  auto then_branch = c.driver->InferBody(attrs.then_branch.get(), {}, *c.node);
  auto else_branch = c.driver->InferBody(attrs.else_branch.get(), {}, *c.node);
  // A branch that these shapes make impossible is legal as long as the other is taken.
  const bool take_then = known.value_or(then_branch.ok());
  if (!then_branch.ok() && (take_then || !else_branch.ok())) return std::move(then_branch).status();
  if (!else_branch.ok() && (!take_then || !then_branch.ok())) return std::move(else_branch).status();
  if (!then_branch.ok() || !else_branch.ok()) known = take_then;
  const std::vector<Type> none(c.out.size());
  const std::vector<Type>& then_types = then_branch.ok() ? *then_branch : none;
  const std::vector<Type>& else_types = else_branch.ok() ? *else_branch : none;
  for (size_t i = 0; i < c.out.size(); ++i) {
    if (known) {
      c.out[i] = *known ? then_types[i] : else_types[i];
      continue;
    }
    auto joined = Join(then_types[i], else_types[i]);
    if (joined.ok()) c.out[i] = *joined;  // branches of unlike types are legal as long as only one is ever taken
  }
  return {};
}

Status Eval(KernelCall& c) {
  const Tensor& condition = c.input(0);
  HASTEN_REQUIRE(condition.elements() == 1, "condition must be one bool, is ", condition);
  std::vector<Value> results;
  HASTEN_TRY(c.RunBody(condition.Int(0) != 0 ? 0 : 1, {}, &results));
  for (size_t i = 0; i < results.size(); ++i) c.Set(static_cast<int>(i), std::move(results[i]));
  return {};
}

Status Branch(RegionBuilder& b, size_t k) {
  HASTEN_ASSIGN(auto results, b.Body(k, {}));
  for (size_t i = 0; i < b.node().outputs.size(); ++i)
    if (b.Output(i) != kNone) b.Move(results[i], b.Output(i));
  return {};
}

// Inference may not have come here: where an impossible branch of another If ends early, what follows is lowered all
// the same.
Status Lower(RegionBuilder& b) {
  HASTEN_TRY(CheckBranches(b.node().attrs.as<IfAttrs>(), b.node().outputs.size()));
  const LabelId otherwise = b.NewLabel(), end = b.NewLabel();
  b.BranchIfFalse(b.Input(0), otherwise);
  HASTEN_TRY(Branch(b, 0));
  b.Jump(end);
  b.Place(otherwise);
  HASTEN_TRY(Branch(b, 1));
  b.Place(end);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}, {11}, {13}, {16}, {19}, {21}, {23}, {24}, {25}};

}  // namespace

extern const OpDef kIf = {
    .name = "If",
    .doc = "Outputs of then_branch() if the condition (one bool) holds, else of else_branch(). Only that branch runs.",
    .attrs = SchemaOf<IfAttrs>(kFields),
    .arity = {1, 1, 0, kMany},
    .onnx = {"", "If", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.region = true},
    .lower = Lower,
};

}  // namespace hasten::ops
