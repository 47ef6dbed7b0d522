#include "ops/ml/linear.h"
#include "ops/ml/scores.h"

namespace hasten::ops::ml {
namespace {

struct LinearClassifierAttrs {
  std::vector<float> coefficients, intercepts;
  std::vector<int64_t> classlabels_ints;
  std::vector<std::string> classlabels_strings;
  int64_t multi_class = 0;  // not used: both kinds score alike
  std::string post_transform = "NONE";
  Labels labels() const { return {classlabels_ints, classlabels_strings}; }
};
using A = LinearClassifierAttrs;
constexpr AttrField kFields[] = {
    Field<&A::coefficients>("coefficients"),         Field<&A::intercepts>("intercepts"),
    Field<&A::classlabels_ints>("classlabels_ints"), Field<&A::classlabels_strings>("classlabels_strings"),
    Field<&A::multi_class>("multi_class"),           Field<&A::post_transform>("post_transform")};

Status Infer(InferCall& c) {
  const auto& a = c.attrs<A>();
  HASTEN_TRY(ParsePostTransform(a.post_transform).status());
  HASTEN_TRY(a.labels().Check());
  HASTEN_TRY(RequireNumbers(c, 0));
  HASTEN_ASSIGN(const auto models, LinearModels(c.shape(0), a.coefficients, a.intercepts));
  const auto labels = static_cast<int64_t>(a.labels().count());
  Dim scores = Dim::Fresh();
  if (models) {
    HASTEN_REQUIRE(labels >= std::max<int64_t>(2, *models), "must have at least 2 labels and one for each of the ",
                   *models, " models, has ", labels);
    scores = *models == 1 ? 2 : *models;
  }
  c.Out(0, a.labels().dtype(), {RowCount(c.shape(0))});
  c.Out(1, DType::kF32, {RowCount(c.shape(0)), scores});
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<A>();
  HASTEN_ASSIGN(const PostTransform transform, ParsePostTransform(a.post_transform));
  HASTEN_ASSIGN(const auto scores, LinearScores(c, a.coefficients, a.intercepts));
  const int64_t rows = RowsOf(c.input(0).dims).count;
  const auto models = static_cast<int64_t>(scores.size()) / std::max<int64_t>(rows, 1);
  for (int64_t r = 0; r < rows; ++r) {
    const auto row = scores.subspan(static_cast<size_t>(r * models), static_cast<size_t>(models));
    const auto best = std::max_element(row.begin(), row.end()) - row.begin();
    const size_t label = models == 1 ? row[0] > 0 : static_cast<size_t>(best);
    if (c.wants(0)) a.labels().Write(&c.output(0), r, label);
    if (!c.wants(1)) continue;
    if (models == 1) {
      WriteDoubles(&c.output(1), 2 * r, BinaryScores(transform, row[0], false));
    } else {
      Transform(transform, row);
      WriteDoubles(&c.output(1), r * models, row);
    }
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  const std::vector<float> weights = {0.3f, -0.2f, 0.1f, 0.7f, -0.5f, 0.4f};
  const std::vector<int64_t> labels = {10, 20, 30};
  return {
      {"three classes",
       {{DType::kF32, {3, 2}}},
       {{"coefficients", weights}, {"intercepts", std::vector<float>{0.1f, 0, -0.2f}}, {"classlabels_ints", labels}},
       2},
      {"softmax of f64",
       {{DType::kF64, {5, 2}}},
       {{"coefficients", weights}, {"classlabels_ints", labels}, {"post_transform", std::string("SOFTMAX")}},
       2},
      {"one model, two classes",
       {{DType::kI64, {7, 6}, -3, 3}},
       {{"coefficients", weights},
        {"intercepts", std::vector<float>{0.1f}},
        {"classlabels_strings", std::vector<std::string>{"no", "yes"}},
        {"post_transform", std::string("LOGISTIC")}},
       2}};
}

}  // namespace

extern const OpDef kLinearClassifier = {
    .name = "ai.onnx.ml.LinearClassifier",
    .doc =
        "scores = x [N,F] * coefficients^T [F,E] + intercepts [E]. Outputs: the label of the largest score, and the "
        "scores "
        "[N,E] after the transform. One model (E = 1) decides between two labels by its score's sign.",
    .attrs = SchemaOf<A>(kFields),
    .arity = {1, 1, 1, 2},
    .onnx = {"ai.onnx.ml", "LinearClassifier", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::ml
