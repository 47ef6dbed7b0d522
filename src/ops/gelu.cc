#include "ops/gelu.h"

#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct GeluAttrs {
  std::string approximate = "none";
};
constexpr AttrField kFields[] = {Field<&GeluAttrs::approximate>("approximate")};

Status Infer(InferCall& c) {
  const std::string& approximate = c.attrs<GeluAttrs>().approximate;
  HASTEN_REQUIRE(approximate == "none" || approximate == "tanh", "approximate must be none or tanh, is ",
                 Quote(approximate));
  return InferFloats(c);
}

Status Eval(KernelCall& c) {
  return EvalReal(c, c.attrs<GeluAttrs>().approximate == "tanh" ? GeluWithTanh : GeluWithErf);
}

constexpr OnnxVersion kVersions[] = {{20}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = RealSamples(-6, 6);
  out.push_back({"tanh", {{DType::kF32, {3, 5}, -6, 6}}, {{"approximate", std::string("tanh")}}});
  return out;
}

}  // namespace

extern const OpDef kGelu = {
    .name = "Gelu",
    .doc =
        "y = x / 2 * (1 + erf(x / sqrt(2))), elementwise; with approximate = tanh, "
        "y = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))). x, y: float [d...].",
    .attrs = SchemaOf<GeluAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "Gelu", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
