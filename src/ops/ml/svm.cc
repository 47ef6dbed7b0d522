#include "ops/ml/svm.h"

namespace hasten::ops::ml {

Result<SvmKernel> SvmKernel::Parse(std::string_view type, const std::vector<float>& params) {
  SvmKernel k;
  if (type == "LINEAR")
    k.kind_ = Kind::kLinear;
  else if (type == "POLY")
    k.kind_ = Kind::kPoly;
  else if (type == "RBF")
    k.kind_ = Kind::kRbf;
  else if (type == "SIGMOID")
    k.kind_ = Kind::kSigmoid;
  else
    return Status(Code::kInvalidModel,
                  Str("attribute kernel_type must be LINEAR, POLY, RBF or SIGMOID, is ", Quote(type)));
  HASTEN_REQUIRE(params.empty() || params.size() == 3,
                 "attribute kernel_params must hold gamma, coef0 and degree, has ", params.size(), " entries");
  if (params.empty()) return k;
  k.gamma_ = static_cast<double>(params[0]);
  k.coef0_ = static_cast<double>(params[1]);
  k.degree_ = static_cast<double>(params[2]);
  return k;
}

double SvmKernel::operator()(std::span<const double> a, std::span<const float> b) const {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const auto v = static_cast<double>(b[i]);
    sum += kind_ == Kind::kRbf ? (a[i] - v) * (a[i] - v) : a[i] * v;
  }
  switch (kind_) {
    case Kind::kLinear: break;
    case Kind::kPoly: return std::pow(gamma_ * sum + coef0_, degree_);
    case Kind::kRbf: return std::exp(-gamma_ * sum);
    case Kind::kSigmoid: return std::tanh(gamma_ * sum + coef0_);
  }
  return sum;
}

}  // namespace hasten::ops::ml
