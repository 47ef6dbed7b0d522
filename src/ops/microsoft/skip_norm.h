// What SkipLayerNormalization and SkipSimplifiedLayerNormalization share: rows along the last axis of a sum.
#pragma once
#include "ops/normalization.h"

namespace hasten::ops::microsoft {

struct SkipNormAttrs {
  float epsilon = 1e-12f;
};
inline constexpr AttrField kSkipNormFields[] = {Field<&SkipNormAttrs::epsilon>("epsilon")};

// Inputs x [.., H], skip (the dims of x, without leading ones perhaps), then vectors [H].  Outputs: y, the mean and the
// inverse deviation of each row in f32, the sum.
Status InferSkipNorm(InferCall& c);

struct RowStatistics {
  double mean, factor;  // y = (x - mean) * factor
};
RowStatistics LayerStatistics(std::span<const double> row, double epsilon);
RowStatistics RmsStatistics(std::span<const double> row, double epsilon);

// `beta` and `bias` are the numbers of inputs; kNoVector: the op has none.
inline constexpr int kNoVector = -1;
Status EvalSkipNorm(KernelCall& c, int beta, int bias, RowStatistics (*statistics)(std::span<const double>, double));

}  // namespace hasten::ops::microsoft
