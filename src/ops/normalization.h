// Means and variances for the normalisations.
#pragma once
#include "ops/op.h"

namespace hasten {

struct Moments {
  double mean = 0, variance = 0;  // of the population
};
Moments MomentsOf(std::span<const double> x);

// Output 0: the type of input 0, which has rank 2 at least; inputs 1 and 2 hold one element per channel.
Status InferPerChannel(InferCall& c);

// y = (x - mean) / sqrt(variance + epsilon) * scale + bias, per channel, statistics over `groups` runs of channels of
// each image.
Status EvalGroups(KernelCall& c, int64_t groups, float epsilon);

struct InstanceNormalizationAttrs {
  float epsilon = 1e-5f;
};

struct GroupNormalizationAttrs {
  float epsilon = 1e-5f;
  int64_t num_groups = 0;
  int64_t stash_type = 1;
};

// What LayerNormalization and RMSNormalization share.
struct RowNormAttrs {
  int64_t axis = -1;  // rows run over this axis and all behind it
  float epsilon = 1e-5f;
  int64_t stash_type = 1;
};
inline constexpr AttrField kRowNormFields[] = {Field<&RowNormAttrs::axis>("axis"),
                                               Field<&RowNormAttrs::epsilon>("epsilon"),
                                               Field<&RowNormAttrs::stash_type>("stash_type")};
// Checks the operands; the axis, if the rank is known.
Result<std::optional<int>> CheckRowNorm(const InferCall& c);

}  // namespace hasten
