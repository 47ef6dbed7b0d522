#include "ops/scatter.h"

namespace hasten::ops {
namespace {

constexpr AttrField kFields[] = {Field<&ScatterElementsAttrs::axis>("axis"),
                                 InternalField<&ScatterElementsAttrs::reduction>("reduction")};

Status UpFrom9(OnnxNode& n) {
  n.type = "ScatterElements";
  n.opset = 11;
  return {};
}

constexpr OnnxVersion kVersions[] = {{9, UpFrom9}, {11}};

std::vector<Sample> Samples() {
  return {{"axis 1",
           {{DType::kF32, {1, 5}}, {DType::kI64, {1, 2}, 0, 0, {1, 3}}, {DType::kF32, {1, 2}}},
           {{"axis", int64_t{1}}}}};
}

}  // namespace

extern const OpDef kScatter = {
    .name = "Scatter",
    .doc = "ScatterElements without a reduction, as opset 9 called it.",
    .attrs = SchemaOf<ScatterElementsAttrs>(kFields),
    .arity = {3, 3},
    .onnx = {"", "Scatter", kVersions},
    .infer = InferScatterElements,
    .eval = EvalScatterElements,
    .traits = {.exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
