#include "ops/movement.h"

namespace hasten::ops {
namespace {

struct ConstantOfShapeAttrs {
  std::optional<Tensor> value;
};
constexpr AttrField kFields[] = {Field<&ConstantOfShapeAttrs::value>("value")};

void PropagateValue(InferCall& c, const std::optional<Tensor>& value) {
  const auto dims = c.out[0].shape.Concrete();
  if (!dims || !value || !(IsInteger(value->dtype) || value->dtype == DType::kBool)) return;
  const auto count = CheckedElements(*dims);
  if (count.ok() && *count <= kMaxKnownInts)
    c.OutInts(0, {*dims, std::vector<Dim>(static_cast<size_t>(*count), value->Int(0))});
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 1));
  HASTEN_TRY(RequireIndices(c, 0));
  const auto& value = c.attrs<ConstantOfShapeAttrs>().value;
  HASTEN_REQUIRE(!value || value->elements() == 1, "value must have one element, is ", *value);
  const DType dtype = value ? value->dtype : DType::kF32;
  if (const auto dims = c.KnownOf(0)) {
    HASTEN_TRY(OutShape(c, 0, dtype, Shape(dims->elements)));
    if (c.outputs() > 0) PropagateValue(c, value);
    return {};
  }
  const Dim rank = c.shape(0).ranked() ? c.shape(0).elements() : Dim::Fresh();
  HASTEN_REQUIRE(!rank.is_const() || rank.value() <= Dims::kMaxRank, "rank must be at most ", Dims::kMaxRank, ", is ",
                 rank);
  c.Out(0, dtype, rank.is_const() ? Shape::Fresh(static_cast<int>(rank.value())) : Shape::Unknown());
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  const auto& value = c.attrs<ConstantOfShapeAttrs>().value;
  if (value)
    Fill(*value, 0, y);
  else
    FillZero(y);
  return {};
}

constexpr OnnxVersion kVersions[] = {{9}, {20}, {21}, {23}, {24}, {25}};

std::vector<Sample> Samples() {
  const auto value = [](DType t, double v) {
    Tensor one = ScalarOf(t, v);
    one.dims = Dims{1};
    return std::vector<NamedAttr>{{"value", one}};
  };
  return {{"zeros by default", {IntList({2, 3})}},
          {"ones", {IntList({5})}, value(DType::kF32, 1)},
          {"scalar", {IntList({})}, value(DType::kI64, -7)},
          {"empty", {IntList({3, 0})}, value(DType::kBool, 1)},
          {"bf16", {IntList({3, 1})}, value(DType::kBF16, 0.5)},
          {"i4", {IntList({3})}, value(DType::kI4, -3)}};
}

}  // namespace

extern const OpDef kConstantOfShape = {
    .name = "ConstantOfShape",
    .doc =
        "A tensor of the shape in input 0 (i64 [k]) with every element `value`, a tensor of one element and y's "
        "dtype (default: f32 zero).",
    .attrs = SchemaOf<ConstantOfShapeAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "ConstantOfShape", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
