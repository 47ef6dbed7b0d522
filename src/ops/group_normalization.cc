#include "ops/normalization.h"

namespace hasten::ops {
namespace {

constexpr AttrField kFields[] = {Field<&GroupNormalizationAttrs::epsilon>("epsilon"),
                                 Field<&GroupNormalizationAttrs::num_groups>("num_groups"),
                                 Field<&GroupNormalizationAttrs::stash_type>("stash_type")};

Status Infer(InferCall& c) {
  const int64_t groups = c.attrs<GroupNormalizationAttrs>().num_groups;
  HASTEN_REQUIRE(groups >= 1, "num_groups must be given and at least 1, is ", groups);
  HASTEN_TRY(InferPerChannel(c));
  const Shape& x = c.shape(0);
  HASTEN_REQUIRE(!x.ranked() || !x[1].is_const() || x[1].value() % groups == 0,
                 "channels must be a multiple of num_groups ", groups, ", input 0 has shape ", x);
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<GroupNormalizationAttrs>();
  return EvalGroups(c, a.num_groups, a.epsilon);
}

// Version 18 has scale and bias per group: each is repeated for the channels of its group.
Status RepeatPerChannel(OnnxNode& n) {
  const int64_t groups = n.Int("num_groups", 0);
  HASTEN_REQUIRE(groups >= 1, "num_groups must be given and at least 1, is ", groups);
  HASTEN_REQUIRE(n.has(0) && n.has(1) && n.has(2), "must have 3 inputs, has ", n.inputs.size());
  const auto vector = [&](int64_t v) { return n.AddConstant(VectorI64(std::span(&v, 1))); };
  const ValueId channels = n.Emit("Shape", {n.inputs[0]}, {{"start", int64_t{1}}, {"end", int64_t{2}}});
  const ValueId repeats = n.Emit("Div", {channels, vector(groups)});
  const ValueId dims = n.Emit("Concat", {vector(groups), repeats}, {{"axis", int64_t{0}}});
  for (size_t i = 1; i < 3; ++i) {
    const ValueId column = n.Emit("Unsqueeze", {n.inputs[i], vector(1)});
    n.inputs[i] = n.Emit("Reshape", {n.Emit("Expand", {column, dims}), vector(-1)});
  }
  return {};
}

// A scale per channel has no form in version 18: it normalises only, and Mul and Add follow.
Status ApplyPerChannel(OnnxNode& n) {
  const int64_t groups = n.Int("num_groups", 0);
  n.Drop("stash_type");
  const Type x = n.TypeOf(0);
  if (!x.shape.ranked() || x.dtype == DType::kNone)
    return Status(Code::kUnsupported, Str("GroupNormalization of unknown type has no form at opset ", n.opset));
  std::vector<int64_t> axes;
  for (int i = 1; i + 1 < x.shape.rank(); ++i) axes.push_back(i);
  const auto spread = [&](ValueId v) {
    return axes.empty() ? v : n.Emit("Unsqueeze", {v, n.AddConstant(VectorI64(axes))});
  };
  n.EmitAfter(0, "Add", {spread(n.inputs[2])});
  n.EmitAfter(0, "Mul", {spread(n.inputs[1])});
  for (size_t i = 1; i < 3; ++i) {
    HASTEN_ASSIGN(Tensor constant, NewTensor(x.dtype, {groups}));
    for (int64_t g = 0; g < groups; ++g) constant.SetDouble(g, i == 1 ? 1 : 0);
    n.inputs[i] = n.AddConstant(std::move(constant));
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{18, RepeatPerChannel, ApplyPerChannel}, {21}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 6, 5, 7}, -2, 2}, k{DType::kF32, {6}};
  const auto groups = [](int64_t v) { return NamedAttr{"num_groups", v}; };
  return {{"two groups", {x, k, k}, {groups(2)}},
          {"one group", {x, k, k}, {groups(1)}},
          {"a group per channel", {x, k, k}, {groups(6)}},
          {"epsilon", {x, k, k}, {groups(3), {"epsilon", 0.5f}}},
          {"1-D", {{DType::kF32, {1, 6, 11}}, k, k}, {groups(3)}},
          {"no batch", {{DType::kF32, {0, 6, 5}}, k, k}, {groups(2)}},
          {"f16", {{DType::kF16, {2, 4, 5}}, {DType::kF16, {4}}, {DType::kF16, {4}}}, {groups(2)}}};
}

}  // namespace

extern const OpDef kGroupNormalization = {
    .name = "GroupNormalization",
    .doc =
        "y = (x - mean) / sqrt(variance + epsilon) * scale + bias, mean and variance over each image's groups of C / "
        "num_groups channels. x: float [N, C, d...]; scale, bias: [C]; y: as x. Wu and He, 2018.",
    .attrs = SchemaOf<GroupNormalizationAttrs>(kFields),
    .arity = {3, 3},
    .onnx = {"", "GroupNormalization", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
