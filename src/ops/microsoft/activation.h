// The activations that fused ops carry by name.
#pragma once
#include "ops/op.h"

namespace hasten::ops::microsoft {

struct FusedActivation {
  double (*f)(double x, double a, double b) = nullptr;
  double a = 0, b = 0;
  double operator()(double x) const { return f(x, a, b); }
};

// By ONNX's name; none where it is empty.  Parameters that are not given take the op's defaults.
Result<FusedActivation> FindActivation(std::string_view name, std::optional<float> a, std::optional<float> b);

}  // namespace hasten::ops::microsoft
