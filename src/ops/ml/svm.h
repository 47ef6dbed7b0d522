// Support vector machines: what the classifier and the regressor share.
#pragma once
#include "ops/ml/rows.h"

namespace hasten::ops::ml {

// k(a, b): LINEAR a.b; POLY (gamma a.b + coef0)^degree; RBF exp(-gamma |a - b|^2); SIGMOID tanh(gamma a.b + coef0).
class SvmKernel {
 public:
  // `params`: gamma, coef0 and degree, or nothing.
  static Result<SvmKernel> Parse(std::string_view type, const std::vector<float>& params);
  static SvmKernel Linear() { return SvmKernel(); }
  double operator()(std::span<const double> a, std::span<const float> b) const;

 private:
  enum class Kind : uint8_t { kLinear, kPoly, kRbf, kSigmoid } kind_ = Kind::kLinear;
  double gamma_ = 0, coef0_ = 0, degree_ = 0;
};

}  // namespace hasten::ops::ml
