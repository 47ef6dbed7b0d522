// What classifiers and regressors share: transforms of scores, and labels.
//
// The standard says little about scores of two classes; where it is silent, these do what onnxruntime does.
#pragma once
#include "ops/op.h"

namespace hasten::ops::ml {

enum class PostTransform : uint8_t { kNone, kSoftmax, kLogistic, kSoftmaxZero, kProbit };
Result<PostTransform> ParsePostTransform(std::string_view name);

// The scores of one row, in place.  SOFTMAX_ZERO: softmax that leaves scores of (almost) 0 near 0.  PROBIT: the normal
// quantile by Winitzki's approximation.
void Transform(PostTransform t, std::span<double> scores);
// The same for a regressor: a single score is changed by PROBIT alone.
void TransformTargets(PostTransform t, std::span<double> scores);
// Scores of both classes from the one score s of a binary classifier: (-s, s) if `symmetric` and (1 - s, s) if not;
// LOGISTIC: of -s and s; PROBIT: of 1 - s and s; the softmaxes change nothing.
std::array<double, 2> BinaryScores(PostTransform t, double s, bool symmetric);

// A classifier's labels: integers or strings.
struct Labels {
  const std::vector<int64_t>& ints;
  const std::vector<std::string>& strings;

  size_t count() const { return ints.empty() ? strings.size() : ints.size(); }
  DType dtype() const { return ints.empty() ? DType::kString : DType::kI64; }
  Status Check() const;  // exactly one of the lists has entries
  void Write(Tensor* y, int64_t at, size_t label) const;
};

}  // namespace hasten::ops::ml
