#include "ops/ml/rows.h"

namespace hasten::ops::ml {
namespace {

struct NormalizerAttrs {
  std::string norm = "MAX";
};
constexpr AttrField kFields[] = {Field<&NormalizerAttrs::norm>("norm")};

Status Infer(InferCall& c) {
  const std::string& norm = c.attrs<NormalizerAttrs>().norm;
  HASTEN_REQUIRE(norm == "MAX" || norm == "L1" || norm == "L2", "attribute norm must be MAX, L1 or L2, is ",
                 Quote(norm));
  HASTEN_TRY(RequireNumbers(c, 0));
  c.Out(0, DType::kF32, c.shape(0));
  return {};
}

double Norm(const std::string& norm, std::span<const double> row) {
  if (norm == "MAX") return row.empty() ? 0 : *std::max_element(row.begin(), row.end());
  double sum = 0;
  for (double v : row) sum += norm == "L1" ? std::abs(v) : v * v;
  return norm == "L1" ? sum : std::sqrt(sum);
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  const Rows rows = RowsOf(c.input(0).dims);
  const auto width = static_cast<size_t>(rows.features);
  for (int64_t r = 0; r < rows.count; ++r) {
    const auto row = x.subspan(static_cast<size_t>(r) * width, width);
    const double norm = Norm(c.attrs<NormalizerAttrs>().norm, row);
    if (norm != 0)
      for (double& v : row) v /= norm;
  }
  WriteDoubles(&c.output(0), 0, x);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {3, 2}, 0, 0, {3, -4, -1, -2, 0, 0}};
  return {{"MAX, zeros stay", {x}},
          {"L1", {x}, {{"norm", std::string("L1")}}},
          {"L2", {x}, {{"norm", std::string("L2")}}},
          {"a vector is a row", {{DType::kI64, {5}, 1, 9}}, {{"norm", std::string("L2")}}}};
}

}  // namespace

extern const OpDef kNormalizer = {
    .name = "ai.onnx.ml.Normalizer",
    .doc =
        "Each row of x [N,C] over its largest entry (MAX; the sign counts), sum of magnitudes (L1) or Euclidean length "
        "(L2); "
        "unchanged where that is 0. y: f32.",
    .attrs = SchemaOf<NormalizerAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"ai.onnx.ml", "Normalizer", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::ml
