#include "ops/ml/rows.h"

namespace hasten::ops::ml {
namespace {

struct FeatureVectorizerAttrs {
  std::vector<int64_t> inputdimensions;
};
constexpr AttrField kFields[] = {Field<&FeatureVectorizerAttrs::inputdimensions>("inputdimensions")};

Status Infer(InferCall& c) {
  const auto& widths = c.attrs<FeatureVectorizerAttrs>().inputdimensions;
  HASTEN_REQUIRE(widths.empty() || widths.size() == static_cast<size_t>(c.inputs()),
                 "attribute inputdimensions must have ", c.inputs(), " entries, has ", widths.size());
  Dim rows = Dim::Fresh(), columns = 0;
  for (int i = 0; i < c.inputs(); ++i) {
    HASTEN_TRY(RequireNumbers(c, i));
    const Dim count = RowCount(c.shape(i));
    HASTEN_REQUIRE(!NeverEqual(rows, count), "inputs must have as many rows, have ", rows, " and ", count);
    if (i == 0 || count.is_const()) rows = count;
    if (!widths.empty())
      HASTEN_REQUIRE(widths[static_cast<size_t>(i)] >= 0, "attribute inputdimensions must hold sizes, holds ",
                     widths[static_cast<size_t>(i)]);
    columns = columns + (widths.empty() ? FeatureCount(c.shape(i)) : Dim(widths[static_cast<size_t>(i)]));
  }
  c.Out(0, DType::kF32, {rows, columns});
  return {};
}

Status Eval(KernelCall& c) {
  const auto& widths = c.attrs<FeatureVectorizerAttrs>().inputdimensions;
  Tensor& y = c.output(0);
  HASTEN_ASSIGN(const auto out, c.Scratch<double>(y.elements()));
  std::fill(out.begin(), out.end(), 0);
  const int64_t columns = y.dims[1];
  int64_t first = 0;
  for (int i = 0; i < c.inputs(); ++i) {
    HASTEN_REQUIRE(c.has(i), "input ", i, " must be there");
    const Rows rows = RowsOf(c.input(i).dims);
    HASTEN_ASSIGN(const auto x, c.Doubles(i));
    const int64_t width = widths.empty() ? rows.features : widths[static_cast<size_t>(i)];
    for (int64_t r = 0; r < rows.count; ++r)
      std::copy_n(x.begin() + r * rows.features, std::min(width, rows.features), out.begin() + r * columns + first);
    first += width;
  }
  WriteDoubles(&y, 0, out);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  const SampleInput a{DType::kF32, {3, 2}}, b{DType::kF32, {3, 1}};
  return {{"whole", {a, b}, {{"inputdimensions", std::vector<int64_t>{2, 1}}}},
          {"cut and padded", {a, b}, {{"inputdimensions", std::vector<int64_t>{1, 3}}}},
          {"a vector is a row", {{DType::kI64, {3}, -9, 9}}, {{"inputdimensions", std::vector<int64_t>{3}}}}};
}

}  // namespace

extern const OpDef kFeatureVectorizer = {
    .name = "ai.onnx.ml.FeatureVectorizer",
    .doc = "The inputs [N, C_i] side by side as f32, each cut or padded with zeros to its entry of inputdimensions.",
    .attrs = SchemaOf<FeatureVectorizerAttrs>(kFields),
    .arity = {1, kMany},
    .onnx = {"ai.onnx.ml", "FeatureVectorizer", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::ml
