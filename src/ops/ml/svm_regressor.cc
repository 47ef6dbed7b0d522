#include "ops/ml/scores.h"
#include "ops/ml/svm.h"

namespace hasten::ops::ml {
namespace {

struct SvmRegressorAttrs {
  std::vector<float> coefficients, kernel_params, rho, support_vectors;
  std::string kernel_type = "LINEAR", post_transform = "NONE";
  int64_t n_supports = 0, one_class = 0;
};
using A = SvmRegressorAttrs;
constexpr AttrField kFields[] = {Field<&A::coefficients>("coefficients"),
                                 Field<&A::kernel_params>("kernel_params"),
                                 Field<&A::kernel_type>("kernel_type"),
                                 Field<&A::n_supports>("n_supports"),
                                 Field<&A::one_class>("one_class"),
                                 Field<&A::post_transform>("post_transform"),
                                 Field<&A::rho>("rho"),
                                 Field<&A::support_vectors>("support_vectors")};

Status Infer(InferCall& c) {
  const auto& a = c.attrs<A>();
  HASTEN_TRY(SvmKernel::Parse(a.kernel_type, a.kernel_params).status());
  HASTEN_TRY(ParsePostTransform(a.post_transform).status());
  HASTEN_TRY(RequireNumbers(c, 0));
  HASTEN_REQUIRE(!a.rho.empty(), "must have the attribute rho");
  const auto coefficients = static_cast<int64_t>(a.coefficients.size());
  const Dim features = FeatureCount(c.shape(0));
  HASTEN_REQUIRE(a.n_supports >= 0 && a.n_supports <= coefficients, "attribute n_supports must be 0 to ", coefficients,
                 ", is ", a.n_supports);
  if (a.n_supports == 0)
    HASTEN_REQUIRE(!NeverEqual(features, coefficients), "must have ", features,
                   " coefficients, one for each feature, has ", coefficients);
  else
    HASTEN_REQUIRE(!NeverEqual(features * a.n_supports, static_cast<int64_t>(a.support_vectors.size())), "must have ",
                   a.n_supports, " support vectors of ", features, " features, has ", a.support_vectors.size(),
                   " entries");
  c.Out(0, DType::kF32, {RowCount(c.shape(0)), 1});
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<A>();
  HASTEN_ASSIGN(const SvmKernel kernel, SvmKernel::Parse(a.kernel_type, a.kernel_params));
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  const Rows rows = RowsOf(c.input(0).dims);
  const auto width = static_cast<size_t>(rows.features);
  HASTEN_ASSIGN(const auto y, c.Scratch<double>(rows.count));
  for (size_t r = 0; r < y.size(); ++r) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    const auto row = x.subspan(r * width, width);
    double sum = static_cast<double>(a.rho[0]);
    if (a.n_supports == 0) sum += SvmKernel::Linear()(row, a.coefficients);
    for (size_t j = 0; j < static_cast<size_t>(a.n_supports); ++j)
      sum +=
          static_cast<double>(a.coefficients[j]) * kernel(row, std::span(a.support_vectors).subspan(j * width, width));
    y[r] = !a.one_class ? sum : sum > 0 ? 1 : -1;
  }
  WriteDoubles(&c.output(0), 0, y);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<NamedAttr> Machine(std::string kernel, int64_t one_class) {
  return {{"coefficients", std::vector<float>{0.3f, -0.9f, 0.2f}},
          {"support_vectors", std::vector<float>{0.1f, 0.2f, 0.3f, -0.4f, 0.5f, 0.6f}},
          {"n_supports", int64_t{3}},
          {"rho", std::vector<float>{0.1f}},
          {"kernel_type", std::move(kernel)},
          {"kernel_params", std::vector<float>{0.5f, 0.1f, 3}},
          {"one_class", one_class}};
}

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {5, 2}};
  return {
      {"RBF", {x}, Machine("RBF", 0)},
      {"POLY", {x}, Machine("POLY", 0)},
      {"SIGMOID of one class", {x}, Machine("SIGMOID", 1)},
      {"LINEAR", {{DType::kF64, {1, 2}}}, Machine("LINEAR", 0)},
      {"without vectors", {x}, {{"coefficients", std::vector<float>{0.3f, -0.9f}}, {"rho", std::vector<float>{0.1f}}}}};
}

}  // namespace

extern const OpDef kSvmRegressor = {
    .name = "ai.onnx.ml.SVMRegressor",
    .doc =
        "y [N,1] = sum over support vectors v_j [F] of coefficient_j k(x, v_j) + rho; without vectors (n_supports = 0) "
        "x . "
        "coefficients + rho. one_class: its sign. The transform changes nothing, as in onnxruntime.",
    .attrs = SchemaOf<A>(kFields),
    .arity = {1, 1},
    .onnx = {"ai.onnx.ml", "SVMRegressor", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::ml
