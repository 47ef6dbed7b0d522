#include "ops/ml/linear.h"
#include "ops/ml/scores.h"

namespace hasten::ops::ml {
namespace {

struct LinearRegressorAttrs {
  std::vector<float> coefficients, intercepts;
  int64_t targets = 1;
  std::string post_transform = "NONE";
};
using A = LinearRegressorAttrs;
constexpr AttrField kFields[] = {Field<&A::coefficients>("coefficients"), Field<&A::intercepts>("intercepts"),
                                 Field<&A::targets>("targets"), Field<&A::post_transform>("post_transform")};

Status Infer(InferCall& c) {
  const auto& a = c.attrs<A>();
  HASTEN_TRY(ParsePostTransform(a.post_transform).status());
  HASTEN_TRY(RequireNumbers(c, 0));
  HASTEN_ASSIGN(const auto models, LinearModels(c.shape(0), a.coefficients, a.intercepts));
  HASTEN_REQUIRE(a.targets >= 1, "attribute targets must be at least 1, is ", a.targets);
  HASTEN_REQUIRE(!models || *models == a.targets, "must have ", a.targets, " models, one for each target, has ",
                 *models);
  c.Out(0, DType::kF32, {RowCount(c.shape(0)), a.targets});
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<A>();
  HASTEN_ASSIGN(const PostTransform transform, ParsePostTransform(a.post_transform));
  HASTEN_ASSIGN(const auto scores, LinearScores(c, a.coefficients, a.intercepts));
  const auto width = static_cast<size_t>(a.targets);
  for (size_t at = 0; at + width <= scores.size(); at += width) TransformTargets(transform, scores.subspan(at, width));
  WriteDoubles(&c.output(0), 0, scores);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  const std::vector<float> weights = {0.3f, -0.2f, 0.1f, 0.7f};
  return {
      {"one target", {{DType::kF32, {3, 4}}}, {{"coefficients", weights}, {"intercepts", std::vector<float>{0.5f}}}},
      {"two targets", {{DType::kI32, {5, 2}, -3, 3}}, {{"coefficients", weights}, {"targets", int64_t{2}}}},
      {"softmax",
       {{DType::kF64, {5, 2}}},
       {{"coefficients", weights},
        {"targets", int64_t{2}},
        {"intercepts", std::vector<float>{1, -1}},
        {"post_transform", std::string("SOFTMAX")}}}};
}

}  // namespace

extern const OpDef kLinearRegressor = {
    .name = "ai.onnx.ml.LinearRegressor",
    .doc =
        "y [N,T] = x [N,F] * coefficients^T [F,T] + intercepts [T], then the transform (of a single target: PROBIT "
        "alone, "
        "as in onnxruntime).",
    .attrs = SchemaOf<A>(kFields),
    .arity = {1, 1},
    .onnx = {"ai.onnx.ml", "LinearRegressor", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::ml
