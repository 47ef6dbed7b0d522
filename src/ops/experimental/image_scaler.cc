#include "ops/elementwise.h"

namespace hasten::ops::experimental {
namespace {

struct ImageScalerAttrs {
  float scale = 1;
  std::vector<float> bias;
};
constexpr AttrField kFields[] = {Field<&ImageScalerAttrs::scale>("scale"), Field<&ImageScalerAttrs::bias>("bias")};

Status Infer(InferCall& c) {
  const auto& bias = c.attrs<ImageScalerAttrs>().bias;
  HASTEN_TRY(RequireKind(c, 0, DTypeKind::kFloat));
  HASTEN_TRY(c.RequireRank(0, 4));
  if (!bias.empty()) HASTEN_TRY(c.RequireDims(0, 1, static_cast<int64_t>(bias.size()), "elements of bias"));
  return InferSameAsInput(c);
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<ImageScalerAttrs>();
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  const Dims& dims = c.input(0).dims;
  const auto plane = static_cast<size_t>(dims.Product(2, 4)), channels = static_cast<size_t>(dims[1]);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = x[i] * double{a.scale} + (a.bias.empty() ? 0.0 : double{a.bias[i / plane % channels]});
  WriteDoubles(&c.output(0), 0, x);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  const std::vector<float> bias = {0.5f, -1, 2};
  return {{"scale", {{DType::kF32, {2, 3, 5, 7}}}, {{"scale", 0.25f}}},
          {"bias", {{DType::kF32, {2, 3, 1, 5}}}, {{"bias", bias}}},
          {"both, f16", {{DType::kF16, {1, 3, 2, 2}}}, {{"scale", 2.0f}, {"bias", bias}}},
          {"zero-size", {{DType::kF32, {0, 3, 2, 2}}}, {{"bias", bias}}}};
}

}  // namespace

extern const OpDef kImageScaler = {
    .name = "ImageScaler",
    .doc =
        "y = scale * x + bias of the channel. x, y: float [n, c, h, w]; bias: c numbers, none: 0. Experimental in ONNX "
        "before 1.5.",
    .attrs = SchemaOf<ImageScalerAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "ImageScaler", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops::experimental
