#include "ops/ml/rows.h"

namespace hasten::ops::ml {
namespace {

struct ScalerAttrs {
  std::vector<float> offset, scale;
};
constexpr AttrField kFields[] = {Field<&ScalerAttrs::offset>("offset"), Field<&ScalerAttrs::scale>("scale")};

// Entries are meant for the features of [N,F]; onnxruntime takes axis 1 for the features of more axes.
Status RequireCount(const Shape& x, size_t n, std::string_view name) {
  if (n <= 1 || !x.ranked()) return {};
  const Dim features = x.rank() == 0 ? Dim(1) : x[x.rank() == 1 ? 0 : 1];
  HASTEN_REQUIRE(!NeverEqual(features, static_cast<int64_t>(n)), "attribute ", name, " must have 1 or ", features,
                 " entries, has ", n);
  return {};
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<ScalerAttrs>();
  HASTEN_TRY(RequireNumbers(c, 0));
  HASTEN_TRY(RequireCount(c.shape(0), a.offset.size(), "offset"));
  HASTEN_TRY(RequireCount(c.shape(0), a.scale.size(), "scale"));
  c.Out(0, DType::kF32, c.shape(0));
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<ScalerAttrs>();
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  const auto entry = [](const std::vector<float>& v, size_t i, double none) {
    return v.empty() ? none : static_cast<double>(v[i % v.size()]);
  };
  for (size_t i = 0; i < x.size(); ++i) x[i] = (x[i] - entry(a.offset, i, 0)) * entry(a.scale, i, 1);
  WriteDoubles(&c.output(0), 0, x);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  return {{"each feature its own",
           {{DType::kF32, {2, 3}}},
           {{"offset", std::vector<float>{1, 2, -3}}, {"scale", std::vector<float>{0.5f, 2, 7}}}},
          {"one for all",
           {{DType::kI64, {5}, -9, 9}},
           {{"offset", std::vector<float>{1}}, {"scale", std::vector<float>{0.5f}}}},
          {"scale alone", {{DType::kF64, {0, 3}}}, {{"scale", std::vector<float>{0.5f}}}}};
}

}  // namespace

extern const OpDef kScaler = {
    .name = "ai.onnx.ml.Scaler",
    .doc = "y = (x - offset) * scale, each one number or one for each feature of x [N,F]. y: f32.",
    .attrs = SchemaOf<ScalerAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"ai.onnx.ml", "Scaler", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::ml
