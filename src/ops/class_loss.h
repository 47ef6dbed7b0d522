// What NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss share: the loss of class labels under log probabilities.
#pragma once
#include "ops/op.h"

namespace hasten {

struct ClassLossAttrs {
  std::optional<int64_t> ignore_index;
  std::string reduction = "mean";  // or sum, none
};
inline constexpr AttrField kClassLossFields[] = {Field<&ClassLossAttrs::ignore_index>("ignore_index"),
                                                 Field<&ClassLossAttrs::reduction>("reduction")};

// Input 0: [N, C, d...]; labels: [N, d...]; weights: [C].  Output 0: a scalar, or with reduction none [N, d...].
Status InferClassLoss(InferCall& c);
// Output 0 from log probabilities of input 0's shape.
Status EvalClassLoss(KernelCall& c, std::span<const double> log_probabilities);

std::vector<Sample> ClassLossSamples(int outputs);

}  // namespace hasten
