// Linear models over rows of features.
#pragma once
#include "ops/ml/rows.h"

namespace hasten::ops::ml {

// How many models the coefficients [models, features] are; nullopt if neither the intercepts nor the shape tell.
inline Result<std::optional<int64_t>> LinearModels(const Shape& x, const std::vector<float>& coefficients,
                                                   const std::vector<float>& intercepts) {
  const Dim features = FeatureCount(x);
  const auto n = static_cast<int64_t>(coefficients.size());
  HASTEN_REQUIRE(!features.is(0), "input must have features, has none");
  std::optional<int64_t> models;
  if (!intercepts.empty())
    models = static_cast<int64_t>(intercepts.size());
  else if (features.is_const())
    models = n / features.value();
  if (!models) return models;
  HASTEN_REQUIRE(*models > 0 && !NeverEqual(features * *models, n), "must have ", features,
                 " coefficients (one for each feature) for each of ", *models, " models, has ", n);
  return models;
}

// x * coefficients^T + intercepts for every row and model, in scratch.
inline Result<std::span<double>> LinearScores(const KernelCall& c, const std::vector<float>& coefficients,
                                              const std::vector<float>& intercepts) {
  const Rows rows = RowsOf(c.input(0).dims);
  const auto n = static_cast<int64_t>(coefficients.size());
  const int64_t models =
      intercepts.empty() ? n / std::max<int64_t>(rows.features, 1) : static_cast<int64_t>(intercepts.size());
  HASTEN_REQUIRE(models * rows.features == n, "must have ", models * rows.features, " coefficients, has ", n);
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto scores, c.Scratch<double>(rows.count * models));
  for (int64_t r = 0; r < rows.count; ++r)
    for (int64_t m = 0; m < models; ++m) {
      double sum = intercepts.empty() ? 0 : static_cast<double>(intercepts[static_cast<size_t>(m)]);
      for (int64_t f = 0; f < rows.features; ++f)
        sum += x[static_cast<size_t>(r * rows.features + f)] *
               static_cast<double>(coefficients[static_cast<size_t>(m * rows.features + f)]);
      scores[static_cast<size_t>(r * models + m)] = sum;
    }
  return scores;
}

}  // namespace hasten::ops::ml
